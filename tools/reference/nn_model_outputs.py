"""Loads model folders with Hugging Face and prints what they answer, for the slow tests of albert and bert.

Written for transformers 5.23.0 and torch 2.15.0. Reads JSON from standard input:
    {"inputs": {"input_ids": [[...]], ...}, "folders": {"<class name>": "<folder>", ...}}
and prints {"<class name>": {"missing": [...], "unexpected": [...], "dtype": "torch.float32", "outputs": {name: flat list}}}.
"""

import json
import sys

import torch
import transformers

request = json.load(sys.stdin)
inputs = {key: torch.tensor(value) for key, value in request["inputs"].items()}
answers = {}
for name, folder in request["folders"].items():
    model, loading = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    with torch.no_grad():
        outputs = model.eval()(**inputs)
    answers[name] = {
        "missing": sorted(loading["missing_keys"]),
        "unexpected": sorted(loading["unexpected_keys"]),
        "dtype": str(model.dtype),
        "outputs": {key: value.flatten().tolist() for key, value in outputs.items()},
    }
print(json.dumps(answers))
