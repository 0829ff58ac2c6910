"""Asks an exported model with Hugging Face transformers; prints the answers as JSON.

Used by apps/pretrain/src/export-model.slow.test.ts; written for transformers 5.17 and torch 2.13.
    python tools/reference/trainer_ask_export.py MODEL_FOLDER MASKED_TEXT PLAIN_TEXT
"""

import json
import sys

import torch
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    AutoModelForPreTraining,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

folder, masked, plain = sys.argv[1:]


def load(kind, name):
    model, report = kind.from_pretrained(f"{folder}/{name}", output_loading_info=True)
    leftovers = [*report["missing_keys"], *report["unexpected_keys"], *report["mismatched_keys"]]
    return model.eval(), AutoTokenizer.from_pretrained(f"{folder}/{name}"), leftovers


generator, tokenizer, leftovers = load(AutoModelForMaskedLM, "generator")
inputs = tokenizer(masked, return_tensors="pt")
place = inputs["input_ids"][0].tolist().index(tokenizer.mask_token_id)
with torch.no_grad():
    scores = generator(**inputs).logits[0, place].softmax(-1)
top = scores.topk(5)
answers = list(zip(tokenizer.convert_ids_to_tokens(top.indices.tolist()), top.values.tolist()))

is_electra = AutoConfig.from_pretrained(f"{folder}/discriminator").model_type == "electra"
kind = AutoModelForPreTraining if is_electra else AutoModelForTokenClassification
discriminator, tokenizer, more = load(kind, "discriminator")
inputs = tokenizer(plain, return_tensors="pt")
with torch.no_grad():
    logits = discriminator(**inputs).logits[0]
replaced = (logits.sigmoid() if is_electra else logits.softmax(-1)[:, 1]).tolist()
tokens = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0].tolist())
print(
    json.dumps(
        {
            "leftovers": leftovers + more,
            "maxLength": tokenizer.model_max_length,
            "labels": discriminator.config.id2label,
            "answers": answers,
            "verdicts": list(zip(tokens, replaced))[1:-1],
        }
    )
)
