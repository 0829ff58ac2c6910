"""Writes packages/bert/fixtures/: tiny random BERTs and ELECTRAs with outputs and gradients of Hugging Face's classes.

Made with transformers 5.23.0 and torch 2.15.0. What a fixture holds: nn_parity.py. Run from the repository root:
    python tools/reference/bert_parity.py

Parameter counts of the presets go to counts.json (meta device, nothing is allocated).
"""

import json
from pathlib import Path

from nn_parity import VERSIONS, count, tiny, write_cases
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForPreTraining,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    ElectraConfig,
    ElectraForMaskedLM,
    ElectraForPreTraining,
    ElectraForQuestionAnswering,
    ElectraForSequenceClassification,
    ElectraForTokenClassification,
    ElectraModel,
)

TARGET = Path("packages/bert/fixtures")
electra = dict(tiny, embedding_size=6)

CASES = {
    "bert-model": (BertModel, BertConfig(**dict(tiny, num_hidden_layers=3))),
    "bert-masked-lm": (BertForMaskedLM, BertConfig(**tiny, hidden_act="relu")),
    "bert-pre-training": (BertForPreTraining, BertConfig(**dict(tiny, max_position_embeddings=7))),
    "bert-token-classification": (BertForTokenClassification, BertConfig(**tiny, num_labels=4)),
    "bert-sequence-classification": (BertForSequenceClassification, BertConfig(**tiny, num_labels=3)),
    "bert-regression": (
        BertForSequenceClassification,
        BertConfig(**tiny, num_labels=1, problem_type="regression"),
    ),
    "bert-question-answering": (BertForQuestionAnswering, BertConfig(**tiny)),
    "electra-model": (ElectraModel, ElectraConfig(**dict(electra, num_hidden_layers=2, embedding_size=8))),
    "electra-masked-lm": (ElectraForMaskedLM, ElectraConfig(**electra, hidden_act="gelu_new")),
    "electra-pre-training": (ElectraForPreTraining, ElectraConfig(**electra, hidden_act="gelu_new")),
    "electra-token-classification": (ElectraForTokenClassification, ElectraConfig(**electra)),
    "electra-sequence-classification": (ElectraForSequenceClassification, ElectraConfig(**electra, num_labels=3)),
    "electra-regression": (
        ElectraForSequenceClassification,
        ElectraConfig(**electra, num_labels=1, problem_type="regression"),
    ),
    "electra-question-answering": (ElectraForQuestionAnswering, ElectraConfig(**electra)),
    "bert-masked-lm-untied": (BertForMaskedLM, BertConfig(**tiny, tie_word_embeddings=False)),
    "bert-pre-training-untied": (BertForPreTraining, BertConfig(**tiny, tie_word_embeddings=False)),
    "electra-masked-lm-untied": (ElectraForMaskedLM, ElectraConfig(**electra, tie_word_embeddings=False)),
}

write_cases(TARGET, CASES, "tools/reference/bert_parity.py")

small = dict(hidden_size=256, num_attention_heads=4, intermediate_size=1024, max_position_embeddings=128)
base = dict(embedding_size=768, hidden_size=768, num_attention_heads=12, intermediate_size=3072)
large = dict(
    embedding_size=1024, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096
)
quarter = dict(hidden_size=256, num_attention_heads=4, intermediate_size=1024)
PRESETS = {
    "bert-base-uncased": BertConfig(),
    "bert-small-owt": BertConfig(**small),
    "bert-small-owt-generator": BertConfig(
        **dict(small, num_hidden_layers=3, num_attention_heads=1, intermediate_size=256)
    ),
    "electra-small": ElectraConfig(),
    "electra-small-generator": ElectraConfig(),
    "electra-small-quarter-generator": ElectraConfig(hidden_size=64, num_attention_heads=1, intermediate_size=256),
    "electra-base": ElectraConfig(**base),
    "electra-base-generator": ElectraConfig(**dict(base, **quarter)),
    "electra-large": ElectraConfig(**large),
    "electra-large-generator": ElectraConfig(**dict(large, **quarter)),
}

classes = {cls for cls, _ in CASES.values()}
counts = {
    name: {
        cls.__name__: count(cls, config)
        for cls in sorted(classes, key=lambda c: c.__name__)
        if cls.config_class is type(config)
    }
    for name, config in PRESETS.items()
}
record = {"made by": f"tools/reference/bert_parity.py, {VERSIONS}", "presets": counts}
(TARGET / "counts.json").write_text(json.dumps(record, indent=1) + "\n")
