"""Writes packages/albert/fixtures/counts.json: parameter counts of Hugging Face's ALBERT classes.

Made with transformers 5.23.0 and torch 2.15.0; nothing is allocated (meta device). Run from the repository root:
    python tools/reference/albert_counts.py
"""

import json
from pathlib import Path

import torch
from nn_parity import VERSIONS, count
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AlbertForPreTraining,
    AlbertForQuestionAnswering,
    AlbertForSequenceClassification,
    AlbertForTokenClassification,
    AlbertModel,
)

alectra = dict(
    vocab_size=30522,
    hidden_size=256,
    num_attention_heads=4,
    intermediate_size=1024,
    max_position_embeddings=128,
)
SIZES = {
    "base": dict(hidden_size=768, num_attention_heads=12, intermediate_size=3072),
    "large": dict(hidden_size=1024, num_attention_heads=16, intermediate_size=4096, num_hidden_layers=24),
    "xlarge": dict(hidden_size=2048, num_attention_heads=16, intermediate_size=8192, num_hidden_layers=24),
    "xxlarge": dict(hidden_size=4096, num_attention_heads=64, intermediate_size=16384),
}
PRESETS = {
    "alectra-small": alectra,
    "alectra-small-generator": dict(alectra, num_hidden_layers=3, num_attention_heads=1),
} | {f"albert-{size}-v{version}": values for version in (1, 2) for size, values in SIZES.items()}
CLASSES = [
    AlbertModel,
    AlbertForMaskedLM,
    AlbertForPreTraining,
    AlbertForTokenClassification,
    AlbertForSequenceClassification,
    AlbertForQuestionAnswering,
]


with torch.device("meta"):
    names = list(AlbertForMaskedLM(AlbertConfig(**alectra)).state_dict())

record = {
    "made by": f"tools/reference/albert_counts.py, {VERSIONS}",
    "presets": {
        name: {cls.__name__: count(cls, AlbertConfig(**values)) for cls in CLASSES}
        for name, values in PRESETS.items()
    },
    "maskedLMNames": [n for n in names if not n.startswith("predictions.decoder.")],
}
Path("packages/albert/fixtures/counts.json").write_text(json.dumps(record, indent=1) + "\n")
