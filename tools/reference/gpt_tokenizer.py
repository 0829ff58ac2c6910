"""Writes packages/gpt/fixtures/tokenizer.json and tokenizer-cases.json: a small tokenizer of GPT's kind, and what
Hugging Face's OpenAIGPTTokenizer makes of texts with it.

Made with transformers 5.23.0 and tokenizers 0.23.3. Run from the repository root:
    python tools/reference/gpt_tokenizer.py

`hash` covers every Unicode scalar value c: the words of "a" + c + "b", one per line.
"""

import hashlib
import json
import random
import tempfile
from pathlib import Path

import tokenizers
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import OpenAIGPTTokenizer

TARGET = Path("packages/gpt/fixtures")
normalizer = normalizers.BertNormalizer(lowercase=True)
splitter = pre_tokenizers.BertPreTokenizer()

TEXT = """
The old bird watches the river while the children are playing near the water, and nobody knows what the bird thinks.
A model of language is trained to tell which word comes next; it learns from books, from letters and from the rest.
In winter the roads are covered with snow, the farmers stay at home, and the long evenings belong to the stories.
Straße, naïve, résumé, Ελλάδα, привет, мир, 日本語 and other words are rare here, but they are not left out (2018).
"""
trained = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
trained.normalizer, trained.pre_tokenizer = normalizer, splitter
trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<unk>"], end_of_word_suffix="</w>")
trained.train_from_iterator(TEXT.strip().split("\n"), trainer)
model = json.loads(trained.to_str())["model"]
tokenizer = OpenAIGPTTokenizer(vocab=model["vocab"], merges=[tuple(rule) for rule in model["merges"]])
tokenizer.add_special_tokens({"pad_token": "<pad>", "cls_token": "<pad>x"})

random.seed(7)
alphabet = [
    *"abcdefghijklmnopqrstuvwxyz" * 4,
    *"ABCDÀÉÎÕÜßŒΣΆαςИЙі日本한글ไทยहिन्दी",
    *" \t\n\u00a0\u2003\u3000",
    *"!?.,;:'\"()[]{}-_$^`~€£°…«»",
    *"\u0000\u0007\u00ad\u200b\u200d\ufeff\ufffd\u0301\u0308\u0130\u1e9e\ufb01\u2126\u212b\U0001f600\U0001d400\U00020000",
]
TEXTS = [
    "",
    " ",
    "The old bird",
    "Unknown: @ q",
    "It's 2018, isn't it?",
    "a<unk>b <UNK> <unk",
    "<pad><pad>x the <pad>",
    "RÉSUMÉ naïve Straße ΕΛΛΆΔΑ Привет Мир 日本語 한국어",
    "the" * 40,
    "a\u0301 \u0301a fi\u00adnd",
    *("".join(random.choices(alphabet, k=random.randint(1, 40))) for _ in range(150)),
]
PAIRS = [("The old bird watches", "the river"), ("a b", "the children are playing near the water"), ("the", "the")]

cases = []
for text in TEXTS:
    ids = tokenizer.encode(text)
    cases.append(
        {
            "text": text,
            "ids": ids,
            "decoded": tokenizer.decode(ids),
            "plain": tokenizer.decode(ids, skip_special_tokens=True),
        }
    )
pairs = [
    {
        "pair": pair,
        "maxLength": length,
        "ids": tokenizer(*pair, truncation=length is not None, max_length=length)["input_ids"],
    }
    for pair in PAIRS
    for length in (None, 1, 4, 5, 7)
]

digest = hashlib.sha256()
for point in [*range(0xD800), *range(0xE000, 0x110000)]:
    words = splitter.pre_tokenize_str(normalizer.normalize_str(f"a{chr(point)}b"))
    digest.update((" ".join(word for word, _ in words) + "\n").encode())

with tempfile.TemporaryDirectory() as folder:
    tokenizer.save_pretrained(folder)
    content = json.loads((Path(folder) / "tokenizer.json").read_text())
(TARGET / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False) + "\n")
record = {
    "made by": "tools/reference/gpt_tokenizer.py, "
    f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}",
    "hash": digest.hexdigest(),
    "cases": cases,
    "pairs": pairs,
}
(TARGET / "tokenizer-cases.json").write_text(json.dumps(record, ensure_ascii=True, separators=(",", ":")) + "\n")
