"""Writes packages/gpt/fixtures/: tiny random GPTs with outputs and gradients of Hugging Face's classes.

Made with transformers 5.23.0 and torch 2.15.0. What a fixture holds: nn_parity.py. Run from the repository root:
    python tools/reference/gpt_parity.py

The parameter count of the released size goes to counts.json (meta device, nothing is allocated).
"""

import json
from pathlib import Path

from nn_parity import VERSIONS, S, count, write_cases
from transformers import (
    OpenAIGPTConfig,
    OpenAIGPTForSequenceClassification,
    OpenAIGPTLMHeadModel,
    OpenAIGPTModel,
)

TARGET = Path("packages/gpt/fixtures")
tiny = dict(vocab_size=29, n_embd=8, n_layer=1, n_head=2, n_positions=10)

CASES = {
    "model": (OpenAIGPTModel, OpenAIGPTConfig(**dict(tiny, n_layer=3))),
    "model-silu": (OpenAIGPTModel, OpenAIGPTConfig(**dict(tiny, n_positions=S), afn="silu")),
    "lm-head": (OpenAIGPTLMHeadModel, OpenAIGPTConfig(**tiny)),
    "sequence-classification": (
        OpenAIGPTForSequenceClassification,
        OpenAIGPTConfig(**tiny, num_labels=3, pad_token_id=0, afn="relu"),
    ),
    "regression": (
        OpenAIGPTForSequenceClassification,
        OpenAIGPTConfig(**tiny, num_labels=1, pad_token_id=28, problem_type="regression"),
    ),
    "lm-head-untied": (OpenAIGPTLMHeadModel, OpenAIGPTConfig(**tiny, tie_word_embeddings=False)),
}

write_cases(
    TARGET,
    CASES,
    "tools/reference/gpt_parity.py",
    pad_token_id=lambda config: config.pad_token_id or 0,
    segments=False,
)

record = {
    "made by": f"tools/reference/gpt_parity.py, {VERSIONS}",
    "openai-gpt": {
        cls.__name__: count(cls, OpenAIGPTConfig())
        for cls in (OpenAIGPTModel, OpenAIGPTLMHeadModel, OpenAIGPTForSequenceClassification)
    },
}
(TARGET / "counts.json").write_text(json.dumps(record, indent=1) + "\n")
