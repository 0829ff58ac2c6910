"""Runs ELECTRA's example builder as published and records every random draw, for packages/owt-loader.

An independent statement, in Python, of what build_pretraining_dataset.py of google-research/electra does with
lines that are token ids already. The draws come from Python's own generator, and are written down in order, so
that another implementation can be driven by the same ones and must give the same examples.

Run: python tools/reference/owt_electra_builder.py   (from the repository root; Python 3.11, no packages)
"""

import json
import random
from pathlib import Path

OUT = Path("packages/owt-loader/fixtures/electra-builder.json")


class Recorder:
    """random.Random that remembers what it gave."""

    def __init__(self, seed):
        self.source = random.Random(seed)
        self.draws = []

    def random(self):
        self.draws.append(self.source.random())
        return self.draws[-1]

    def randint(self, low, high):
        self.draws.append(self.source.randint(low, high))
        return self.draws[-1]


class Builder:
    def __init__(self, max_length, draws):
        self.lines, self.size = [], 0
        self.max_length = self.target = max_length
        self.draws = draws

    def add(self, line):
        self.lines.append(line)
        self.size += len(line)
        return self.create() if self.size >= self.target else None

    def flush(self):
        return self.create() if self.size else None

    def create(self):
        if self.draws.random() < 0.1:
            aim = 100000
        else:
            aim = (self.target - 3) // 2
        first, second = [], []
        for line in self.lines:
            if not first or len(first) + len(line) < aim:
                first += line
            elif not second and len(first) < aim and self.draws.random() < 0.5:
                first += line
            else:
                second += line
        first = first[: self.max_length - 2]
        second = second[: max(0, self.max_length - len(first) - 3)]
        self.lines, self.size = [], 0
        if self.draws.random() < 0.05:
            self.target = self.draws.randint(5, self.max_length)
        else:
            self.target = self.max_length
        return [first, second]


def main():
    cases = []
    for seed, max_length, longest in [(1, 128, 40), (2, 128, 300), (3, 32, 12), (4, 16, 3), (5, 512, 60)]:
        text = random.Random(1000 + seed)
        draws = Recorder(seed)
        builder = Builder(max_length, draws)
        documents, examples = [], []
        next_id = 0
        for _ in range(40):
            lines = []
            for _ in range(text.randint(1, 24)):
                length = text.choice([0, 1, text.randint(1, longest), text.randint(1, longest)])
                lines.append(length)
            documents.append(lines)
            made = []
            for length in lines:
                example = builder.add(list(range(next_id, next_id + length)))
                next_id += length
                if example:
                    made.append(example)
            example = builder.flush()
            if example:
                made.append(example)
            # A leftover of empty lines stays in the published builder and changes nothing.
            examples.append(made)
        cases.append({
            "maxLength": max_length,
            # Tokens are numbered through all documents: a line is its length.
            "documents": documents,
            "draws": draws.draws,
            # Each segment as runs of consecutive tokens: [start, length].
            "examples": [[[runs(a), runs(b)] for a, b in made] for made in examples],
        })
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


def runs(tokens):
    found = []
    for token in tokens:
        if found and token == found[-1][0] + found[-1][1]:
            found[-1][1] += 1
        else:
            found.append([token, 1])
    return found


main()
