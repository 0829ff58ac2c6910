"""Writes packages/albert/fixtures/: tiny random ALBERTs with outputs and gradients of Hugging Face's classes.

Made with transformers 5.23.0 and torch 2.15.0. What a fixture holds: nn_parity.py. Run from the repository root:
    python tools/reference/albert_parity.py
"""

from pathlib import Path

from nn_parity import tiny, write_cases
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AlbertForPreTraining,
    AlbertForQuestionAnswering,
    AlbertForSequenceClassification,
    AlbertForTokenClassification,
    AlbertModel,
)

small = dict(tiny, embedding_size=6, num_hidden_layers=3)
groups = dict(small, num_hidden_layers=4, num_hidden_groups=2, inner_group_num=2, hidden_act="gelu")


def config(values, **more):
    return AlbertConfig(**dict(values, **more))


CASES = {
    "masked-lm": (AlbertForMaskedLM, config(small, num_attention_heads=1)),
    "token-classification": (AlbertForTokenClassification, config(small)),
    "model-groups": (AlbertModel, config(groups)),
    "pre-training": (AlbertForPreTraining, config(small, hidden_act="relu", layer_norm_eps=1e-3)),
    "sequence-classification": (AlbertForSequenceClassification, config(small, num_labels=3)),
    "regression": (AlbertForSequenceClassification, config(small, num_labels=1, problem_type="regression")),
    "question-answering": (AlbertForQuestionAnswering, config(small)),
    "masked-lm-untied": (AlbertForMaskedLM, config(small, tie_word_embeddings=False)),
}

write_cases(Path("packages/albert/fixtures"), CASES, "tools/reference/albert_parity.py")
