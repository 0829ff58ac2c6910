"""Fine-tuning with Hugging Face's Trainer: the peer of `npm run bench -- finetune`.

Sequence classification on a TSV-free copy of the data (JSON lines of text, pair, label that the bench writes), the
model and tokenizer of a folder, dynamic padding, batches of 32, at most 128 tokens, Trainer's defaults otherwise.
Speaks the protocol of bench/src/contestant.ts: {"steps": n} trains n batches, then evaluates the whole validation
set, and answers [seconds of a training step, of the evaluation, the same two in seconds of the processor].

  python finetune.py --model folder --train train.jsonl --validation validation.jsonl --labels 2 --threads 2

Needs torch, transformers and accelerate; any recent version.
"""

import argparse
import json
import platform
import resource
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--train", required=True)
parser.add_argument("--validation", required=True)
parser.add_argument("--labels", type=int, required=True)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--length", type=int, default=128)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()

import accelerate  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import (  # noqa: E402
    AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer, TrainerCallback,
    TrainingArguments)

torch.set_num_threads(args.threads)
transformers.logging.set_verbosity_error()
tokenizer = AutoTokenizer.from_pretrained(args.model)
model = AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=args.labels)


def encoded(path):
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        {**tokenizer(row["text"], row.get("pair"), truncation=True, max_length=args.length), "labels": row["label"]}
        for row in rows]


train, validation = encoded(args.train), encoded(args.validation)
folder = tempfile.TemporaryDirectory()


class Clock(TrainerCallback):
    """From the first batch on, so that setting up is not counted."""

    def on_train_begin(self, *_, **__):
        self.begin, self.cpu_begin = time.perf_counter(), time.process_time()

    def on_train_end(self, *_, **__):
        self.seconds, self.cpu = time.perf_counter() - self.begin, time.process_time() - self.cpu_begin


def run(steps, seed):
    clock = Clock()
    trainer = Trainer(
        model=model, train_dataset=train, eval_dataset=validation, callbacks=[clock],
        data_collator=DataCollatorWithPadding(tokenizer),
        args=TrainingArguments(
            output_dir=folder.name, max_steps=steps, seed=seed, data_seed=seed, use_cpu=True, disable_tqdm=True,
            per_device_train_batch_size=args.batch, per_device_eval_batch_size=args.batch,
            save_strategy="no", logging_strategy="no", report_to="none", dataloader_pin_memory=False))
    trainer.train()
    begin, cpu_begin = time.perf_counter(), time.process_time()
    trainer.predict(validation)
    ends = [time.perf_counter() - begin, time.process_time() - cpu_begin]
    return [clock.seconds / steps, ends[0], clock.cpu / steps, ends[1]]


answers, sys.stdout = sys.stdout, sys.stderr  # the Trainer prints its summaries


def answer(value):
    answers.write(json.dumps(value) + "\n")
    answers.flush()


answer({"versions": f"torch {torch.__version__}, transformers {transformers.__version__}, "
                    f"accelerate {accelerate.__version__}, Python {platform.python_version()}"})
rounds = 0
for line in sys.stdin:
    question = json.loads(line)
    if question.get("memory"):
        answer({"peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
        continue
    rounds += 1
    answer({"seconds": run(question["steps"], rounds)})
