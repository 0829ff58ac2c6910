"""Writes packages/checkpoint/fixtures/torch-{zip,legacy,zip4}.bin and torch-expected.safetensors.

One state dict with every element type and every way in which a tensor can lie in its storage, saved by torch.save in
the zip layout, in the layout before PyTorch 1.6, and with pickle protocol 4; and the same values by safetensors.

Made with torch 2.15.0 and safetensors 0.8.0. Run: python tools/reference/checkpoint_torch.py
"""

from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

FIXTURES = Path(__file__).parents[2] / "packages/checkpoint/fixtures"

DTYPES = ["float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"]


def state_dict():
    torch.manual_seed(3)
    state = OrderedDict()
    for name in DTYPES:
        state[f"type.{name}"] = torch.tensor([[0, 1, 2], [3, 4, 100]]).to(getattr(torch, name))
    base = torch.arange(60, dtype=torch.float32)
    state["view.whole"] = base
    state["view.part"] = base[10:20]
    state["view.matrix"] = base[:12].view(3, 4)
    state["view.transposed"] = base[:12].view(3, 4).t()
    state["view.steps"] = base[5:45:7]
    state["view.permuted"] = base[:24].view(2, 3, 4).permute(2, 0, 1)
    state["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
    state["scalar"] = torch.tensor(2.5)
    state["empty"] = torch.zeros(0, 3)
    linear = torch.nn.Linear(3, 2)
    state.update({f"linear.{k}": v for k, v in linear.state_dict().items()})
    state._metadata = linear.state_dict()._metadata
    state["tied"] = state["linear.weight"]
    return state


if __name__ == "__main__":
    state = state_dict()
    torch.save(state, FIXTURES / "torch-legacy.bin", _use_new_zipfile_serialization=False)
    # the types below have no storage class of their own and are rebuilt another way
    for name in ["uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"]:
        state[f"type.{name}"] = torch.tensor([[0, 1, 2], [3, 4, 100]]).to(getattr(torch, name))
    torch.save(state, FIXTURES / "torch-zip.bin")
    torch.save(state, FIXTURES / "torch-zip4.bin", pickle_protocol=4)
    save_file({k: v.detach().clone().contiguous() for k, v in state.items()}, FIXTURES / "torch-expected.safetensors")
