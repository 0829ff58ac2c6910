"""Writes one parity fixture of a model, for albert_parity.py, bert_parity.py and gpt_parity.py.

A fixture is a model folder (config.json, model.safetensors, as `save_pretrained` writes them) and, for a padded batch
and a packed one (every row full), `<batch>.safetensors`: inputs, every output, and under `grad.<name>` the gradient of

    loss = sum over outputs of sum(output * weights), weights[i] = cos(i) in row-major order

with respect to every parameter (zeros where torch gives none). Dropout is off. Weights, biases and LayerNorms are
disturbed with deviation 0.2, so that every term counts.
"""

import shutil

import torch
import transformers
from safetensors.torch import save_file

B, S = 3, 7
VERSIONS = f"transformers {transformers.__version__}, torch {torch.__version__}"

tiny = dict(
    vocab_size=29,
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=10,
)


def write_cases(target, cases, maker, pad_token_id=lambda config: 0, segments=True):
    """Writes every case, name → (class, config), as a folder below `target`; each has its number as seed."""
    for number, (name, (cls, config)) in enumerate(cases.items()):
        torch.manual_seed(number)
        model = cls(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(parameter + 0.2 * torch.randn_like(parameter))
        folder = target / name
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        for batch, lengths in {"padded": [S, 4, 1], "packed": [S] * B}.items():
            inputs = make_inputs(lengths, config.vocab_size, pad_token_id(config), segments)
            save_file(answer(model, inputs), folder / f"{batch}.safetensors", {"made by": maker})


def make_inputs(lengths, vocab_size, pad_token_id, segments):
    ids = torch.randint(1, vocab_size - 1, (B, S))
    mask = torch.ones(B, S, dtype=torch.int64)
    types = torch.tensor([[0] * 4 + [1] * 3, [0, 0] + [1] * 5, [0] * S])
    for row, length in enumerate(lengths):
        ids[row, length:] = pad_token_id
        mask[row, length:] = 0
        types[row, length:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask}
    return inputs | ({"token_type_ids": types} if segments else {})


def answer(model, inputs):
    """Inputs, outputs and gradients by name."""
    outputs = {key: value for key, value in model(**inputs).items() if isinstance(value, torch.Tensor)}
    loss = sum(
        (value * torch.cos(torch.arange(value.numel(), dtype=torch.float64)).float().view_as(value)).sum()
        for value in outputs.values()
    )
    model.zero_grad()
    loss.backward()
    return (
        {key: value.to(torch.int32) for key, value in inputs.items()}
        | {key: value.detach().contiguous() for key, value in outputs.items()}
        | {
            f"grad.{key}": torch.zeros_like(p) if p.grad is None else p.grad.contiguous()
            for key, p in model.named_parameters()
        }
    )


def count(cls, config):
    """Parameters of a class, tied ones once (meta device: nothing is allocated)."""
    with torch.device("meta"):
        model = cls(config)
    model.tie_weights()
    return sum(p.numel() for p in model.parameters())
