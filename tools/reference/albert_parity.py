"""Writes packages/albert/fixtures/: tiny random ALBERTs with outputs and gradients of Hugging Face's classes.

Made with transformers 5.23.0 and torch 2.15.0. Run from the repository root:
    python tools/reference/albert_parity.py

For every case one model folder (config.json, model.safetensors, as `save_pretrained` writes them) and one
`expected.safetensors`: inputs, every output, and under `grad.<name>` the gradient of

    loss = sum over outputs of sum(output * weights), weights[i] = cos(i) in row-major order

with respect to every parameter (zeros where torch gives none). Weights are drawn with deviation 0.2 and biases and
LayerNorms disturbed, so that every term counts.
"""

import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AlbertForPreTraining,
    AlbertForQuestionAnswering,
    AlbertForSequenceClassification,
    AlbertForTokenClassification,
    AlbertModel,
)

TARGET = Path("packages/albert/fixtures")
B, S = 3, 7

small = dict(
    vocab_size=29,
    embedding_size=6,
    hidden_size=8,
    num_hidden_layers=3,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=10,
    type_vocab_size=2,
)
groups = dict(small, num_hidden_layers=4, num_hidden_groups=2, inner_group_num=2, hidden_act="gelu")

CASES = {
    "masked-lm": (AlbertForMaskedLM, dict(small, num_attention_heads=1)),
    "token-classification": (AlbertForTokenClassification, small),
    "model-groups": (AlbertModel, groups),
    "pre-training": (AlbertForPreTraining, dict(small, hidden_act="relu", layer_norm_eps=1e-3)),
    "sequence-classification": (AlbertForSequenceClassification, dict(small, num_labels=3)),
    "regression": (AlbertForSequenceClassification, dict(small, num_labels=1, problem_type="regression")),
    "question-answering": (AlbertForQuestionAnswering, small),
}
OUTPUTS = [
    "last_hidden_state",
    "pooler_output",
    "prediction_logits",
    "sop_logits",
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


for number, (name, (cls, values)) in enumerate(CASES.items()):
    torch.manual_seed(number)
    model = cls(AlbertConfig(**values)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter + 0.2 * torch.randn_like(parameter))
    folder = TARGET / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)

    batch = inputs(values["vocab_size"])
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
    save_file(record, folder / "expected.safetensors", {"made by": "tools/reference/albert_parity.py"})

versions = {"transformers": transformers.__version__, "torch": torch.__version__}
(TARGET / "about.json").write_text(
    json.dumps({"made by": "tools/reference/albert_parity.py", **versions}) + "\n"
)
