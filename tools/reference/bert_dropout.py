"""Writes packages/bert/fixtures/dropout.json: how often Hugging Face's classes drop in one training step, by rate.

Made with transformers 5.23.0 and torch 2.15.0. Each rate of a config is set alone, the others to 0, and every call of
torch's dropout that drops is counted. Two layers; ALBERT applies one twice. Run from the repository root:
    python tools/reference/bert_dropout.py
"""

import json
from pathlib import Path

import torch
import transformers
from nn_parity import VERSIONS, tiny

HEADS = (
    "Model",
    "ForMaskedLM",
    "ForPreTraining",
    "ForTokenClassification",
    "ForSequenceClassification",
    "ForQuestionAnswering",
)
two = dict(tiny, num_hidden_layers=2)
encoder = ("hidden_dropout_prob", "attention_probs_dropout_prob")
FAMILIES = {
    "Bert": (two, (*encoder, "classifier_dropout"), HEADS),
    "Electra": (dict(two, embedding_size=6), (*encoder, "classifier_dropout"), HEADS),
    "Albert": (dict(two, embedding_size=6), (*encoder, "classifier_dropout_prob"), HEADS),
    "OpenAIGPT": (
        dict(vocab_size=29, n_embd=8, n_layer=2, n_head=2, n_positions=10, pad_token_id=0),
        ("embd_pdrop", "attn_pdrop", "resid_pdrop"),
        ("Model", "LMHeadModel", "ForSequenceClassification"),
    ),
}

calls = 0
drop = torch.nn.functional.dropout


def counted(x, p=0.5, training=True, inplace=False):
    global calls
    calls += training and p > 0
    return drop(x, p, training, inplace)


torch.nn.functional.dropout = counted
ids = torch.randint(1, 28, (2, 5))
counts = {}
for family, (sizes, rates, heads) in FAMILIES.items():
    for head in heads:
        cls = getattr(transformers, family + head)
        for rate in rates:
            config = cls.config_class(**sizes, **{name: 0.5 * (name == rate) for name in rates})
            config._attn_implementation = "eager"
            model = cls(config).train()
            calls = 0
            model(ids)
            counts.setdefault(cls.__name__, {})[rate] = calls

record = {"made by": f"tools/reference/bert_dropout.py, {VERSIONS}", "counts": counts}
Path("packages/bert/fixtures/dropout.json").write_text(json.dumps(record, indent=1) + "\n")
