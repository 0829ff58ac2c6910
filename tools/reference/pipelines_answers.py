"""Writes packages/pipelines/fixtures/: tiny random ALBERTs and the answers of Hugging Face's pipelines to many texts.

Made with transformers 5.23.0, tokenizers 0.23.3 and torch 2.15.0. Run from the repository root:
    python tools/reference/pipelines_answers.py

Four model folders (as `save_pretrained` writes them), one tokenizer, and answers.json: a list of
`{task, model, input, options, answer}` or `{..., error: {type, message}}`.

With `--answer CASES` it writes nothing, but prints the answers to the cases of a JSON file: that is how the slow test
asks for texts that are not stored.
"""

import json
import shutil
import sys
import warnings
from pathlib import Path

import torch
import transformers
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AlbertForSequenceClassification,
    AlbertForTokenClassification,
    AlbertModel,
    BertTokenizer,
    pipeline,
)

TARGET = Path("packages/pipelines/fixtures")
WORDS = (
    "the cat sat on mat dog log a and is was in of to it he she they very big small red blue paris john smith "
    "un do not don ' s t m re ve ll . , ! ? - ( ) : \u4e2d \u56fd cafe \u03b1 \U0001f600 ##s ##ing ##ed ##er ##ly "
    "##son ##town ##\u0301 ##a ##b ##c ##d ##e ##n ##t 1 2 ##3"
).split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC"]
SMALL = dict(
    vocab_size=len(VOCABULARY),
    embedding_size=8,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    max_position_embeddings=24,
    type_vocab_size=2,
    pad_token_id=0,
)
LABELLED = dict(id2label=dict(enumerate(LABELS)), label2id={name: i for i, name in enumerate(LABELS)})
MODELS = {
    "masked-lm": (AlbertForMaskedLM, SMALL),
    "tokens": (AlbertForTokenClassification, SMALL | LABELLED),
    "labels": (AlbertForSequenceClassification, dict(SMALL, num_labels=3)),
    "several": (
        AlbertForSequenceClassification,
        SMALL | LABELLED | dict(problem_type="multi_label_classification"),
    ),
    "number": (AlbertForSequenceClassification, dict(SMALL, num_labels=1, problem_type="regression")),
    "single": (AlbertForSequenceClassification, dict(SMALL, num_labels=1)),
    "encoder": (AlbertModel, SMALL),
}

MASKED = [
    "The cat sat on the [MASK].",
    "[MASK]",
    "[MASK] [MASK]",
    "the [MASK] sat, and the [MASK] was [MASK]!",
    "don't do [MASK], it 's not un[MASK]ed",
    "caf\u00e9 \u4e2d\u56fd [MASK] \U0001f600 ?",
    "the [PAD] cat [MASK] [SEP] a dog",
    "JOHN [mask] [MASK] smithtown",
    "zebra [MASK] q",
    "the cat " * 9 + "[MASK]",
]
PLAIN = [
    "",
    " ",
    "The cat sat on the mat.",
    "John Smithson was in Paris, and Johnson wasn't.",
    "caf\u00e9 \u4e2d\u56fd \U0001f600\U0001f600 zebra johntown",
    "unsmithed dogs catsing [SEP] [UNK] mats",
    "e\u0301\u0301 Caf\u00c9 don't 123",
    "q",
    "the dog and the cat " * 4,
]
PAIRS = [
    {"text": "the cat", "text_pair": "sat on the mat"},
    {"text": "", "text_pair": "dogs"},
    {"text": "a dog", "text_pair": ""},
]
LONG = "the cat and a big dog sat in paris " * 6


def cases():
    for text in MASKED:
        yield "fill-mask", "masked-lm", text, {}
    for options in [
        {"top_k": 1},
        {"top_k": 17},
        {"top_k": len(VOCABULARY)},
        {"top_k": len(VOCABULARY) + 1},
        {"targets": "cat"},
        {"targets": ["cat", "dog", "cat", "mat"]},
        {"targets": ["cat", "dog", "mat"], "top_k": 2},
        {"targets": ["Cat", "catson", "zebra", "[MASK]"]},
        {"targets": ["smithson", "", "dog"]},
        {"targets": []},
        {"targets": ""},
        {"targets": "un do"},
    ]:
        yield "fill-mask", "masked-lm", MASKED[0], options
        yield "fill-mask", "masked-lm", MASKED[3], options
    yield "fill-mask", "masked-lm", "no mask here", {}
    yield "fill-mask", "masked-lm", "", {}
    yield "fill-mask", "masked-lm", "[MASK] " + LONG, {}
    for model in ["labels", "several", "number", "single"]:
        for text in [*PLAIN, *PAIRS]:
            yield "text-classification", model, text, {"top_k": None}
    for options in [{"top_k": 2}, {"top_k": 99}]:
        yield "text-classification", "labels", PLAIN[2], options
    for function in ["sigmoid", "softmax", "none"]:
        for model in ["labels", "number"]:
            yield "text-classification", model, PLAIN[3], {"function_to_apply": function, "top_k": None}
    yield "text-classification", "labels", LONG, {"top_k": None}
    for strategy in ["none", "simple", "first", "average", "max"]:
        for text in [*PLAIN, LONG]:
            yield "token-classification", "tokens", text, {"aggregation_strategy": strategy}
        yield "token-classification", "tokens", PLAIN[3], {"aggregation_strategy": strategy, "ignore_labels": []}
        yield (
            "token-classification",
            "tokens",
            PLAIN[3],
            {"aggregation_strategy": strategy, "ignore_labels": ["PER", "B-LOC", "MISC"]},
        )
    for text in PLAIN[:6]:
        yield "feature-extraction", "encoder", text, {}
    yield "feature-extraction", "encoder", LONG, {}


def make_models(target):
    tokenizer = BertTokenizer(vocab={token: i for i, token in enumerate(VOCABULARY)}, do_lower_case=True)
    tokenizer.model_max_length = SMALL["max_position_embeddings"]
    tokenizer.save_pretrained(target / "tokenizer")
    for seed, (name, (kind, values)) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        model = kind(AlbertConfig(**values)).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0, 0.4)
            for key, parameter in model.named_parameters():
                if "LayerNorm.weight" in key or "layer_norm.weight" in key:
                    parameter.add_(1)
        model.save_pretrained(target / name)


def ask(source, wanted):
    tokenizer = BertTokenizer.from_pretrained(source / "tokenizer")
    tokenizer.model_max_length = SMALL["max_position_embeddings"]
    loaded = {}
    for task, name, given, options in wanted:
        if name not in loaded:
            model = MODELS[name][0].from_pretrained(source / name)
            loaded[name] = pipeline(task, model=model, tokenizer=tokenizer, device="cpu")
        case = {"task": task, "model": name, "input": given, "options": options}
        try:
            yield case | {"answer": json.loads(json.dumps(loaded[name](given, **options), default=float))}
        except Exception as error:  # what Python refuses is part of the contract
            yield case | {"error": {"type": type(error).__name__, "message": str(error)[:200]}}


def main():
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    if len(sys.argv) == 3 and sys.argv[1] == "--answer":
        wanted = [tuple(case[key] for key in ("task", "model", "input", "options")) for case in json.load(open(sys.argv[2]))]
        print(json.dumps(list(ask(TARGET, wanted))))
        return
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    make_models(TARGET)
    for path in TARGET.glob("*/*"):
        path.chmod(0o644)
    answers = list(ask(TARGET, cases()))
    lines = ",\n".join(json.dumps(rounded(answer), ensure_ascii=True) for answer in answers)
    (TARGET / "answers.json").write_text(f"[\n{lines}\n]\n")


def rounded(value):
    """Eight digits are more than float32 has."""
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return value


main()
