"""Writes packages/checkpoint/fixtures/tf_model.h5, tf-expected.safetensors and h5-small.json.

A tf_model.h5 as Keras 2 wrote it for Hugging Face's TFAlbertForMaskedLM (layer groups, `weight_names` attributes,
kernels [in, out]) with tiny random tensors, the same tensors under their PyTorch names, and small files: one for
the mutations, others that the reader must refuse.

Made with h5py 3.14.0, torch 2.15.0, safetensors 0.8.0. Run: python tools/reference/checkpoint_h5.py
"""

import base64
import json
import tempfile
from pathlib import Path

import h5py
import numpy as np
import torch
from safetensors.torch import save_file

FIXTURES = Path(__file__).parents[2] / "packages/checkpoint/fixtures"
LAYER = "encoder/albert_layer_groups_._0/albert_layers_._0"

# (layer, Keras name, PyTorch name, shape in Keras)
WEIGHTS = [
    ("albert", "albert/embeddings/word_embeddings/weight", "albert.embeddings.word_embeddings.weight", (11, 4)),
    ("albert", "albert/embeddings/position_embeddings/embeddings", "albert.embeddings.position_embeddings.weight", (5, 4)),
    ("albert", "albert/embeddings/LayerNorm/gamma", "albert.embeddings.LayerNorm.weight", (4,)),
    ("albert", "albert/embeddings/LayerNorm/beta", "albert.embeddings.LayerNorm.bias", (4,)),
    ("albert", f"albert/{LAYER}/attention/query/kernel", "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query.weight", (6, 8)),
    ("albert", f"albert/{LAYER}/attention/query/bias", "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query.bias", (8,)),
    ("albert", f"albert/{LAYER}/ffn/kernel", "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight", (8, 3)),
    ("predictions", "predictions/bias", "predictions.bias", (11,)),
    ("predictions", "predictions/decoder/bias", "predictions.decoder.bias", (11,)),
    ("predictions", "predictions/dense/kernel", "predictions.dense.weight", (8, 4)),
    ("predictions", "predictions/conv/bias", "predictions.conv.bias", (1, 7)),
]
for i in range(12):  # more members than one node of a group's tree holds
    WEIGHTS.append(("many", f"many/layer_._{i}/bias", f"many.layer.{i}.bias", (2,)))


if __name__ == "__main__":
    generator = np.random.default_rng(5)
    expected = {}
    with h5py.File(FIXTURES / "tf_model.h5", "w") as file:
        layers = list(dict.fromkeys(layer for layer, *_ in WEIGHTS)) + ["dropout_7"]
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        file.attrs["backend"] = b"tensorflow"
        for layer in layers:
            group = file.create_group(layer)
            names = [f"tf_albert_for_masked_lm/{name}:0" for of, name, *_ in WEIGHTS if of == layer]
            group.attrs["weight_names"] = [name.encode() for name in names]
        for layer, name, torch_name, shape in WEIGHTS:
            values = generator.standard_normal(shape, dtype=np.float32)
            file[layer].create_dataset(f"tf_albert_for_masked_lm/{name}:0", data=values)
            tensor = torch.from_numpy(values)
            if name.endswith("kernel"):
                tensor = tensor.t()
            if name.endswith("conv/bias"):
                tensor = tensor[0]
            expected[torch_name] = tensor.contiguous()
    save_file(expected, FIXTURES / "tf-expected.safetensors")

    # small files, base64 by name
    def small(**datasets):
        with tempfile.NamedTemporaryFile(suffix=".h5") as out:
            with h5py.File(out.name, "w") as file:
                group = file.create_group("layer")
                for name, options in datasets.items():
                    group.create_dataset(name, **options)
            return base64.b64encode(open(out.name, "rb").read()).decode()

    ones = np.ones((4, 4), np.float32)
    files = {
        "good.h5": small(**{"scope/dense/kernel:0": {"data": ones}, "scope/dense/bias:0": {"data": ones[0]}}),
        "chunked.h5": small(x={"data": ones, "chunks": (2, 2), "compression": "gzip"}),
        "strings.h5": small(x={"data": ["a", "b"]}),
        "big-endian.h5": small(x={"data": ones.astype(">f4")}),
    }
    (FIXTURES / "h5-small.json").write_text(json.dumps(files, indent=1) + "\n")
