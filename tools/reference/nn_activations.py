"""Writes packages/nn/fixtures/activations.json: Hugging Face's activations and their slopes.

Made with transformers 5.23.0 and torch 2.15.0. Run from the repository root:
    python tools/reference/nn_activations.py
"""

import json
from pathlib import Path

import torch
import transformers
from transformers.activations import ACT2FN

# prelu and xielu have parameters of their own.
NAMES = sorted(set(ACT2FN) - {"prelu", "xielu"})
x = torch.tensor([-6.5, -2.0, -0.5, 0.0, 0.3, 1.5, 4.0], dtype=torch.float64)

rows = {}
for name in NAMES:
    point = x.clone().requires_grad_()
    y = ACT2FN[name](point)
    (slope,) = torch.autograd.grad(y.sum(), point)
    rows[name] = {"y": y.tolist(), "slope": slope.tolist()}

header = f"tools/reference/nn_activations.py, transformers {transformers.__version__}, torch {torch.__version__}"
target = Path("packages/nn/fixtures/activations.json")
target.write_text(json.dumps({"made by": header, "x": x.tolist(), "activations": rows}) + "\n")
