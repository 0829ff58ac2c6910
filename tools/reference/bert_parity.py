"""Writes packages/bert/fixtures/: tiny random BERTs and ELECTRAs with outputs and gradients of Hugging Face's classes.

Made with transformers 5.23.0 and torch 2.15.0. Run from the repository root:
    python tools/reference/bert_parity.py

For every case one model folder (config.json, model.safetensors, as `save_pretrained` writes them) and one
`expected.safetensors`: inputs, every output, and under `grad.<name>` the gradient of

    loss = sum over outputs of sum(output * weights), weights[i] = cos(i) in row-major order

with respect to every parameter. Weights, biases and LayerNorms are disturbed, so that every term counts.
Parameter counts of the presets go to counts.json (meta device, nothing is allocated).
"""

import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
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
B, S = 3, 7

bert = dict(
    vocab_size=29,
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=10,
)
electra = dict(bert, embedding_size=6)

CASES = {
    "bert-model": (BertModel, BertConfig(**dict(bert, num_hidden_layers=3))),
    "bert-masked-lm": (BertForMaskedLM, BertConfig(**bert, hidden_act="relu")),
    "bert-pre-training": (BertForPreTraining, BertConfig(**dict(bert, max_position_embeddings=7))),
    "bert-token-classification": (BertForTokenClassification, BertConfig(**bert, num_labels=4)),
    "bert-sequence-classification": (BertForSequenceClassification, BertConfig(**bert, num_labels=3)),
    "bert-question-answering": (BertForQuestionAnswering, BertConfig(**bert)),
    "electra-model": (ElectraModel, ElectraConfig(**dict(electra, num_hidden_layers=2, embedding_size=8))),
    "electra-masked-lm": (ElectraForMaskedLM, ElectraConfig(**electra, hidden_act="gelu_new")),
    "electra-pre-training": (ElectraForPreTraining, ElectraConfig(**electra, hidden_act="gelu_new")),
    "electra-token-classification": (ElectraForTokenClassification, ElectraConfig(**electra)),
    "electra-sequence-classification": (
        ElectraForSequenceClassification,
        ElectraConfig(**electra, num_labels=1, problem_type="regression"),
    ),
    "electra-question-answering": (ElectraForQuestionAnswering, ElectraConfig(**electra)),
}
OUTPUTS = [
    "last_hidden_state",
    "pooler_output",
    "prediction_logits",
    "seq_relationship_logits",
    "logits",
    "start_logits",
    "end_logits",
]


def inputs(vocab_size):
    ids = torch.randint(1, vocab_size, (B, S))
    mask = torch.ones(B, S, dtype=torch.int64)
    for row, length in enumerate([S, 4, 1]):
        ids[row, length:] = 0
        mask[row, length:] = 0
    types = torch.tensor([[0] * 4 + [1] * 3, [0, 0, 1, 1, 0, 0, 0], [0] * S])
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def write_case(number, name, cls, config):
    torch.manual_seed(number)
    model = cls(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter + 0.2 * torch.randn_like(parameter))
    folder = TARGET / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)

    batch = inputs(config.vocab_size)
    outputs = model(**batch)
    named = {key: outputs[key] for key in OUTPUTS if key in outputs}
    loss = sum(
        (value * torch.cos(torch.arange(value.numel(), dtype=torch.float64)).float().view_as(value)).sum()
        for value in named.values()
    )
    loss.backward()
    record = {key: value.to(torch.int32) for key, value in batch.items()}
    record |= {key: value.detach().contiguous() for key, value in named.items()}
    record |= {
        f"grad.{key}": torch.zeros_like(p) if p.grad is None else p.grad.contiguous()
        for key, p in model.named_parameters()
    }
    save_file(record, folder / "expected.safetensors", {"made by": "tools/reference/bert_parity.py"})


for number, (name, (cls, config)) in enumerate(CASES.items()):
    write_case(number, name, cls, config)

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


def count(cls, config):
    with torch.device("meta"):
        model = cls(config)
    model.tie_weights()
    return sum(p.numel() for p in model.parameters())


classes = {cls for cls, _ in CASES.values()}
counts = {
    name: {
        cls.__name__: count(cls, config)
        for cls in sorted(classes, key=lambda c: c.__name__)
        if cls.config_class is type(config)
    }
    for name, config in PRESETS.items()
}
record = {
    "made by": f"tools/reference/bert_parity.py, transformers {transformers.__version__}, torch {torch.__version__}",
    "presets": counts,
}
(TARGET / "counts.json").write_text(json.dumps(record, indent=1) + "\n")
