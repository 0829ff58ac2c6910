"""Hugging Face's tokenizers as an oracle for the tests of packages/wordpiece.

Versions: tokenizers 0.23.x for ids, offsets and word ids; 0.22.2 for windows beyond the first (0.23.1
and later lose them, huggingface/tokenizers#2091). The slow tests call it with ALECTRA_PYTHON and
ALECTRA_PYTHON_OVERFLOW; by hand:

    python tools/reference/wordpiece_oracle.py ids   config.json lines.txt  ids.bin
    python tools/reference/wordpiece_oracle.py cases config.json cases.json results.json

config.json: {"vocab": path, "lowercase", "stripAccents", "cleanText", "handleChineseChars",
"maxInputCharsPerWord", "special": [tokens], "added": [{content, special, normalized, ...}]}
ids.bin: for each line (separated by \\n), int32 count, then the ids, without special tokens.
cases.json: a list of {"text", "pair", "addSpecialTokens", "splitSpecialTokens", "truncation",
"maxLength", "stride", "truncationSide", "padding", "padToMultipleOf", "paddingSide"}.
results.json: for each case the windows, or {"error": text}.
"""

import array
import json
import sys

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

SPECIAL = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"]


def build(config):
    with open(config["vocab"], encoding="utf-8", newline="\n") as file:
        vocab = {line.rstrip(): id for id, line in enumerate(file.read().removesuffix("\n").split("\n"))}
    tokenizer = Tokenizer(
        models.WordPiece(
            vocab, unk_token="[UNK]", max_input_chars_per_word=config.get("maxInputCharsPerWord", 100)
        )
    )
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=config.get("cleanText", True),
        handle_chinese_chars=config.get("handleChineseChars", True),
        strip_accents=config.get("stripAccents"),
        lowercase=config.get("lowercase", True),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    special = config.get("special", SPECIAL)
    if special:
        tokenizer.add_special_tokens([token for token in special if token in vocab])
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS]:0 $A:0 [SEP]:0",
            pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
            special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])],
        )
    for token in config.get("added", []):
        given = AddedToken(
            token["content"],
            single_word=token.get("singleWord", False),
            lstrip=token.get("lstrip", False),
            rstrip=token.get("rstrip", False),
            normalized=token.get("normalized", not token.get("special", False)),
            special=token.get("special", False),
        )
        (tokenizer.add_special_tokens if given.special else tokenizer.add_tokens)([given])
    return tokenizer


def ids(tokenizer, lines_path, out_path):
    with open(lines_path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    run = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
    with open(out_path, "wb") as out:
        for start in range(0, len(lines), 4096):
            for encoding in run(lines[start : start + 4096], add_special_tokens=False):
                found = encoding.ids
                array.array("i", [len(found), *found]).tofile(out)


def window(encoding):
    return {
        "ids": encoding.ids,
        "typeIds": encoding.type_ids,
        "attentionMask": encoding.attention_mask,
        "specialTokensMask": encoding.special_tokens_mask,
        "offsets": [place for pair in encoding.offsets for place in pair],
        "wordIds": [-1 if word is None else word for word in encoding.word_ids],
    }


def run_case(tokenizer, case):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = case.get("splitSpecialTokens", False)
    if case.get("truncation"):
        tokenizer.enable_truncation(
            case["maxLength"],
            stride=case.get("stride", 0),
            strategy=case["truncation"],
            direction=case.get("truncationSide", "right"),
        )
    if case.get("padding"):
        tokenizer.enable_padding(
            direction=case.get("paddingSide", "right"),
            pad_id=tokenizer.token_to_id("[PAD]"),
            pad_token="[PAD]",
            length=case["maxLength"] if case["padding"] == "max_length" else None,
            pad_to_multiple_of=case.get("padToMultipleOf"),
        )
    encoding = tokenizer.encode(
        case["text"], case.get("pair"), add_special_tokens=case.get("addSpecialTokens", True)
    )
    return [window(encoding), *map(window, encoding.overflowing)]


def cases(tokenizer, cases_path, out_path):
    results = []
    for case in json.load(open(cases_path, encoding="utf-8")):
        try:
            results.append(run_case(tokenizer, case))
        except BaseException as error:  # a panic in Rust is not an Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            results.append({"error": str(error)})
    json.dump({"tokenizers": tokenizers.__version__, "results": results}, open(out_path, "w"))


if __name__ == "__main__":
    command, config_path, source, target = sys.argv[1:]
    {"ids": ids, "cases": cases}[command](build(json.load(open(config_path))), source, target)
