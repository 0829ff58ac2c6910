"""Writes packages/checkpoint/fixtures/dtypes.safetensors and half.json.

dtypes.safetensors holds one small tensor of every element type that PyTorch and safetensors share; half.json holds
float32 bit patterns with the float16 and bfloat16 bits PyTorch rounds them to.

Made with safetensors 0.8.0 and torch 2.15.0. Run: python tools/reference/checkpoint_safetensors.py
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

FIXTURES = Path(__file__).parents[2] / "packages/checkpoint/fixtures"

DTYPES = [
    "bool", "uint8", "int8", "int16", "uint16", "float16", "bfloat16", "int32", "uint32", "float32", "float64",
    "int64", "uint64", "float8_e4m3fn", "float8_e5m2",
]


def dtypes():
    tensors = {}
    for name in DTYPES:
        tensors[f"a.{name}"] = torch.tensor([[0, 1, 2], [3, 4, 100]]).to(getattr(torch, name))
    tensors["empty"] = torch.zeros(0, 3)
    tensors["scalar"] = torch.tensor(1.5)
    tensors["ü\"\\\n"] = torch.tensor([7], dtype=torch.uint8)
    save_file(tensors, FIXTURES / "dtypes.safetensors", metadata={"format": "pt", "a": "1", "note": "two\nlines"})


def half():
    generator = torch.Generator().manual_seed(7)
    random = torch.randint(-(2**31), 2**31, (3000,), generator=generator, dtype=torch.int64).to(torch.int32)
    # every exponent, with fractions on and beside the rounding borders of both types
    borders = []
    for exponent in range(256):
        for fraction in [0, 1, 0xFFF, 0x1000, 0x1001, 0x3000, 0x7FFF, 0x8000, 0x8001, 0x18000, 0x7FFFFF, 0x7FE000, 0x7FEFFF, 0x7FF000]:
            borders.append((exponent << 23) | fraction)
    borders = torch.tensor(borders, dtype=torch.int64).to(torch.int32)
    bits = torch.cat([random, borders, borders ^ -(2**31)])
    bits = bits[(bits & 0x7FFFFFFF) <= 0x7F800000]  # NaN payloads are nobody's contract
    bits = bits[torch.randperm(len(bits), generator=generator)[:3000]]
    values = bits.view(torch.float32)
    unsigned = lambda t: [int(v) & 0xFFFF for v in t.view(torch.int16)]
    (FIXTURES / "half.json").write_text(
        json.dumps(
            {
                "float32": [int(v) & 0xFFFFFFFF for v in bits],
                "float16": unsigned(values.to(torch.float16)),
                "bfloat16": unsigned(values.to(torch.bfloat16)),
            },
            separators=(",", ":"),
        )
        + "\n"
    )


if __name__ == "__main__":
    FIXTURES.mkdir(exist_ok=True)
    dtypes()
    half()
