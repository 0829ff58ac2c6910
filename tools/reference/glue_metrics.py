"""Writes packages/glue/fixtures/metrics.json: scores by scikit-learn and scipy of small random predictions.

Made with scikit-learn 1.9.1, scipy 1.17.1 and numpy 2.4.6. Run from the repository root:
    python tools/reference/glue_metrics.py
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr, rankdata, spearmanr
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, matthews_corrcoef

warnings.simplefilter("ignore")  # constant input: both libraries say so, and give the values kept here
random = np.random.default_rng(20261123)


def number(value):
    return None if math.isnan(value) else float(value)


def classification(name, labels, predictions, classes):
    matrix = confusion_matrix(labels, predictions, labels=range(classes))
    return {
        "name": name,
        "classes": classes,
        "labels": [int(x) for x in labels],
        "predictions": [int(x) for x in predictions],
        "matrix": matrix.tolist(),
        "accuracy": accuracy_score(labels, predictions),
        "f1": f1_score(labels, predictions, zero_division=0) if classes == 2 else None,
        "matthews": matthews_corrcoef(labels, predictions),
    }


def noisy(n, classes, wrong, weights=None):
    labels = random.choice(classes, n, p=weights)
    predictions = np.where(random.random(n) < wrong, random.choice(classes, n), labels)
    return labels, predictions, classes


def correlation(name, x, y):
    x, y = np.asarray(x, float), np.asarray(y, float)
    return {
        "name": name,
        "x": x.tolist(),
        "y": y.tolist(),
        "pearson": number(pearsonr(x, y).statistic),
        "spearman": number(spearmanr(x, y).statistic),
        "ranks": rankdata(x).tolist(),
    }


gold = np.round(random.uniform(0, 5, 200) * 5) / 5
guess = gold + random.normal(0, 1, 200)
cases = {
    "classifications": [
        classification("two classes, mostly right", *noisy(200, 2, 0.3, [0.3, 0.7])),
        classification("two classes, by chance", *noisy(100, 2, 1)),
        classification("three classes", *noisy(150, 3, 0.4)),
        classification("three of five classes", *noisy(60, 3, 0.4)[:2], 5),
        classification("all positive", [1, 0, 1, 0, 1], [1] * 5, 2),
        classification("all negative", [1, 0, 1, 0, 1], [0] * 5, 2),
        classification("one class, all right", [1] * 4, [1] * 4, 2),
        classification("all wrong", [1, 0, 1, 0], [0, 1, 0, 1], 2),
        classification("nothing predicted right", [1, 1, 0], [0, 0, 1], 2),
        classification("the diagnostic set's example", [0, 1, 2, 0, 1, 2, 2, 1], [0, 2, 2, 0, 1, 1, 2, 1], 3),
    ],
    "correlations": [
        correlation("scores with ties", gold, guess),
        correlation("rounded predictions", gold, np.round(guess)),
        correlation("clipped predictions", gold, np.clip(1.4 * guess - 0.7, 0, 5)),
        correlation("few values", [1, 2, 2, 3, 5], [2, 1, 1, 4, 4]),
        correlation("far from zero", 1e6 + gold, 1e-6 * guess),
        correlation("reversed", [1, 2, 3, 4], [8, 6, 4, 2]),
        correlation("constant predictions", [1, 2, 3], [2, 2, 2]),
        correlation("constant, with rounding", [1, 2, 3], [0.1, 0.1, 0.1]),
    ],
}
out = Path("packages/glue/fixtures/metrics.json")
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(cases) + "\n")
