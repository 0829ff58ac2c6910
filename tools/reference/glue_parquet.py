"""Writes packages/glue/fixtures/hub: Parquet files laid out as the Hugging Face data set nyu-mll/glue, with made-up rows.

Made with datasets 5.2.0 and pyarrow 26.0.1. Run from the repository root:
    python tools/reference/glue_parquet.py
"""

from pathlib import Path

from datasets import ClassLabel, Dataset, Features, Value

OUT = Path("packages/glue/fixtures/hub")


def write(path, columns, labels, rows):
    features = Features(
        {name: Value("string") for name in columns}
        | {
            "label": ClassLabel(names=labels) if labels else Value("float32"),
            "idx": Value("int32"),
        }
    )
    names = [*columns, "label", "idx"]
    data = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    (OUT / path).parent.mkdir(parents=True, exist_ok=True)
    Dataset.from_dict(data, features=features).to_parquet(str(OUT / path))


pair = ["sentence1", "sentence2"]
verdicts = ["entailment", "neutral", "contradiction"]
write(
    "cola/validation-00000-of-00001.parquet",
    ["sentence"],
    ["unacceptable", "acceptable"],
    [["Ann runs.", 1, 0], ["Runs Ann \"the\".", 0, 1], ["Zo\u00eb\u2028naps.", 1, 2]],
)
# Rows keep their number in Microsoft's file, and the test set its labels.
mrpc = ["not_equivalent", "equivalent"]
write("mrpc/train-00000-of-00002.parquet", pair, mrpc, [["a", "b", 1, 0], ["c", "d", 0, 2]])
write("mrpc/train-00001-of-00002.parquet", pair, mrpc, [["e", "f", 1, 5]])
write("mrpc/test-00000-of-00001.parquet", pair, mrpc, [["g", "h", 1, 0], ["i", "j", 0, 1]])
write("stsb/train/0000.parquet", pair, None, [["a", "b", 3.8, 0], ["n/a", "", 0.0, 1]])
write("rte/test-00000-of-00001.parquet", pair, verdicts[:1] + ["not_entailment"], [["a", "b", -1, 0], ["c", "d", -1, 2]])
write(
    "mnli/validation_matched-00000-of-00001.parquet",
    ["premise", "hypothesis"],
    verdicts,
    [["a", "b", 2, 0], ["c", "d", -1, 1]],
)
