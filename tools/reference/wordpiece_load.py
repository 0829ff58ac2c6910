"""Loads a folder that packages/wordpiece saved, as Hugging Face's users would.

Versions: transformers 5.23.0, tokenizers 0.23.3. The slow test calls it with ALECTRA_PYTHON; by hand:

    python tools/reference/wordpiece_load.py folder texts.json

texts.json: a list of [text, pair or null]. Prints, as JSON, the ids, type ids and decoded text of each through
`AutoTokenizer.from_pretrained`, and the ids through `Tokenizer.from_file`.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
from tokenizers import Tokenizer
from transformers import AutoTokenizer

folder, texts_path = sys.argv[1:]
with open(texts_path, encoding="utf-8") as file:
    texts = json.load(file)
auto = AutoTokenizer.from_pretrained(folder)
plain = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
answers = []
for text, pair in texts:
    encoding = auto(text, pair)
    answers.append(
        {
            "ids": encoding["input_ids"],
            "typeIds": encoding["token_type_ids"],
            "plain": (plain.encode(text) if pair is None else plain.encode(text, pair)).ids,
            "text": auto.decode(encoding["input_ids"], skip_special_tokens=True, clean_up_tokenization_spaces=False),
        }
    )
names = ["cls_token", "sep_token", "pad_token", "mask_token", "unk_token"]
print(
    json.dumps(
        {
            "answers": answers,
            "kind": type(auto).__name__,
            "special": {name: getattr(auto, name) for name in names},
            "maxLength": auto.model_max_length,
        }
    )
)
