"""Hugging Face's Rust tokenizers through Python, as a contestant of `npm run bench -- wordpiece`.

    python peer.py <task> <text file> <vocab.txt> <bytes to use>

Tasks: lines, docs, strings, full, train. Answers {"steps": n} with the seconds of processor time per megabyte of n passes.
"""

import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

task, path, vocab_path, size = sys.argv[1:]
with open(path, "rb") as file:
    text = file.read(int(size)).decode(errors="ignore")
rows = text.split("\n")
megabytes = len(text.encode()) / 1e6


def build(vocab):
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def train():
    tokenizer = build({"[UNK]": 0})
    tokenizer.train_from_iterator(
        rows,
        trainers.WordPieceTrainer(
            vocab_size=30522, min_frequency=2, limit_alphabet=1000, show_progress=False,
            special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        ),
    )


tokenizer = build({line.rstrip(): i for i, line in enumerate(open(vocab_path, encoding="utf-8"))})


def one_by_one():
    for row in rows:
        tokenizer.encode(row, add_special_tokens=False).ids


def batches():
    for start in range(0, len(rows), 256):
        for encoding in tokenizer.encode_batch_fast(rows[start : start + 256], add_special_tokens=False):
            encoding.ids


def full():
    for row in rows:
        e = tokenizer.encode(row)
        e.ids, e.offsets, e.attention_mask, e.type_ids, e.special_tokens_mask, e.word_ids


run = {"lines": one_by_one, "strings": one_by_one, "docs": batches, "full": full, "train": train}[task]
print(json.dumps({"version": f"tokenizers {tokenizers.__version__} (Python)"}), flush=True)
for line in sys.stdin:
    seconds = []
    for _ in range(json.loads(line)["steps"]):
        start = time.process_time()
        run()
        seconds.append((time.process_time() - start) / megabytes)
    print(json.dumps({"seconds": seconds}), flush=True)
