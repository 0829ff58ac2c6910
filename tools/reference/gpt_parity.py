"""Writes packages/gpt/fixtures/: tiny random GPTs with outputs and gradients of Hugging Face's classes.

Made with transformers 5.23.0 and torch 2.15.0. Run from the repository root:
    python tools/reference/gpt_parity.py

For every case one model folder (config.json, model.safetensors, as `save_pretrained` writes them) and one
`expected.safetensors`: inputs, every output, and under `grad.<name>` the gradient of

    loss = sum over outputs of sum(output * weights), weights[i] = cos(i) in row-major order

with respect to every parameter. Weights, biases and LayerNorms are disturbed, so that every term counts.
The parameter count of the released size goes to counts.json (meta device, nothing is allocated).
"""

import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    OpenAIGPTConfig,
    OpenAIGPTForSequenceClassification,
    OpenAIGPTLMHeadModel,
    OpenAIGPTModel,
)

TARGET = Path("packages/gpt/fixtures")
B, S = 3, 7
tiny = dict(vocab_size=29, n_embd=8, n_layer=1, n_head=2, n_positions=10)

# (class, config, whether rows are padded)
CASES = {
    "model": (OpenAIGPTModel, OpenAIGPTConfig(**dict(tiny, n_layer=3)), True),
    "model-packed": (OpenAIGPTModel, OpenAIGPTConfig(**dict(tiny, n_positions=S), afn="silu"), False),
    "lm-head": (OpenAIGPTLMHeadModel, OpenAIGPTConfig(**tiny), True),
    "sequence-classification": (
        OpenAIGPTForSequenceClassification,
        OpenAIGPTConfig(**tiny, num_labels=3, pad_token_id=0, afn="relu"),
        True,
    ),
    "regression": (
        OpenAIGPTForSequenceClassification,
        OpenAIGPTConfig(**tiny, num_labels=1, pad_token_id=28, problem_type="regression"),
        True,
    ),
}
OUTPUTS = ["last_hidden_state", "logits"]


def inputs(config, padded):
    ids = torch.randint(1, config.vocab_size - 1, (B, S))
    mask = torch.ones(B, S, dtype=torch.int64)
    for row, length in enumerate([S, 4, 1] if padded else []):
        ids[row, length:] = config.pad_token_id or 0
        mask[row, length:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def write_case(number, name, cls, config, padded):
    torch.manual_seed(number)
    model = cls(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter + 0.2 * torch.randn_like(parameter))
    folder = TARGET / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)

    batch = inputs(config, padded)
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
    save_file(record, folder / "expected.safetensors", {"made by": "tools/reference/gpt_parity.py"})


for number, (name, case) in enumerate(CASES.items()):
    write_case(number, name, *case)


def count(cls, config):
    with torch.device("meta"):
        model = cls(config)
    model.tie_weights()
    return sum(p.numel() for p in model.parameters())


record = {
    "made by": f"tools/reference/gpt_parity.py, transformers {transformers.__version__}, torch {torch.__version__}",
    "openai-gpt": {
        cls.__name__: count(cls, OpenAIGPTConfig())
        for cls in (OpenAIGPTModel, OpenAIGPTLMHeadModel, OpenAIGPTForSequenceClassification)
    },
}
(TARGET / "counts.json").write_text(json.dumps(record, indent=1) + "\n")
