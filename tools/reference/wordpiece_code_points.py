"""Probe what Hugging Face's BERT normalizer and pre-tokenizer do to every Unicode scalar value.

Writes packages/wordpiece/src/code-point-data.ts (the compact table) and
packages/wordpiece/fixtures/code-points.json (one hash per combination of options, for the test).

Versions: tokenizers 0.23.x (0.22.2 gives the same file), Python 3.11. Run from the repository root:
    python tools/reference/wordpiece_code_points.py
"""

import itertools
import json

import tokenizers
from tokenizers import normalizers, pre_tokenizers

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
SCALARS = [*range(0xD800), *range(0xE000, 0x110000)]


def bert(clean=False, chinese=False, strip=False, lower=False):
    return normalizers.BertNormalizer(
        clean_text=clean, handle_chinese_chars=chinese, strip_accents=strip, lowercase=lower
    ).normalize_str


def unsigned(value):
    """Five bits a digit, low digits first, 32 marks that more follow."""
    out = ""
    while value >= 32:
        out += ALPHABET[32 + (value & 31)]
        value >>= 5
    return out + ALPHABET[value]


def signed(value):
    return unsigned(value * 2 if value >= 0 else -value * 2 - 1)


def ranges(code_points):
    """Sorted code points as pairs: gap since the previous range, length minus one."""
    out, end, points = "", 0, sorted(code_points)
    index = 0
    while index < len(points):
        start = points[index]
        length = 1
        while index + length < len(points) and points[index + length] == start + length:
            length += 1
        out += unsigned(start - end) + unsigned(length - 1)
        end = start + length
        index += length
    return out


def mappings(table):
    """Sorted maps: gap since the previous one and length in one number, then the targets by difference."""
    out, previous, last = "", -1, 0
    for source in sorted(table):
        target = [ord(c) for c in table[source]]
        assert 1 <= len(target) <= 4, (hex(source), target)
        out += unsigned((source - previous - 1) * 4 + len(target) - 1)
        for c in target:
            out += signed(c - last)
            last = c
        previous = source
    return out


def is_hangul(c):
    return 0xAC00 <= c <= 0xD7A3


def hangul(c):
    index = c - 0xAC00
    jamo = [0x1100 + index // 588, 0x1161 + index % 588 // 28]
    return "".join(map(chr, jamo + ([0x11A7 + index % 28] if index % 28 else [])))


clean, chinese, strip, lower = (
    bert(clean=True), bert(chinese=True), bert(strip=True), bert(lower=True)
)
decompose = normalizers.NFD().normalize_str
pieces = pre_tokenizers.BertPreTokenizer().pre_tokenize_str

deleted, white, ideographs, marks, punctuation = [], [], [], [], []
decomposed, lowered = {}, {}
for c in SCALARS:
    s = chr(c)
    count = len(pieces(f"a{s}a"))
    if count == 2:
        white.append(c)
    elif count == 3:
        punctuation.append(c)
    else:
        assert count == 1
    cleaned = clean(s)
    if cleaned == "":
        deleted.append(c)
    else:
        assert cleaned == (" " if count == 2 else s), hex(c)
    spaced = chinese(s)
    if spaced != s:
        assert spaced == f" {s} "
        ideographs.append(c)
    bare = strip(s)
    if is_hangul(c):
        assert bare == hangul(c)
    else:
        if bare == "":
            marks.append(c)
        if decompose(s) != s:
            decomposed[c] = decompose(s)
    small = lower(s)
    if small != s:
        lowered[c] = small

gone = set(map(chr, marks))
for c in SCALARS:
    if not is_hangul(c):
        assert strip(chr(c)) == "".join(x for x in decompose(chr(c)) if x not in gone), hex(c)

# Combining classes are not on view, their order is: two characters are put side by side, and if
# decomposition swaps them the second has the smaller, non-zero class.
HIGH, LOW = "\u0345", "\u0334"  # classes 240 and 1
assert decompose(HIGH + LOW) == LOW + HIGH


def is_starter(c):
    """A starter between two others in the wrong order keeps them from being swapped."""
    return decompose(HIGH + c + LOW).index(HIGH) == 0


non_starters = [
    c for c in SCALARS if not is_hangul(c) and c not in decomposed and not is_starter(chr(c))
]
ladder = []  # one representative a class, ascending
order = {}
for c in non_starters:
    s = chr(c)
    for place, other in enumerate(ladder):
        if decompose(s + other) == s + other and decompose(other + s) == other + s:
            order[c] = other
            break
        if decompose(other + s) == s + other:
            ladder.insert(place, s)
            order[c] = s
            break
    else:
        ladder.append(s)
        order[c] = s
rank = {c: ladder.index(representative) + 1 for c, representative in order.items()}
sample = non_starters[:: 7]
assert all(
    (decompose(chr(a) + chr(b)) == chr(b) + chr(a)) == (rank[b] < rank[a]) or a == b
    for a in sample for b in sample
)

combining = ""
end = 0
for value, group in itertools.groupby(enumerate(non_starters), lambda p: (rank[p[1]], p[1] - p[0])):
    group = [c for _, c in group]
    combining += unsigned(group[0] - end) + unsigned(len(group) - 1) + unsigned(value[0])
    end = group[-1] + 1

sections = {
    "DELETED": (ranges(deleted), "removed when text is cleaned"),
    "WHITE_SPACE": (ranges(white), "separates words"),
    "IDEOGRAPHS": (ranges(ideographs), "set apart when Chinese characters are handled"),
    "PUNCTUATION": (ranges(punctuation), "a word by itself"),
    "MARKS": (ranges(marks), "nothing is left of them when accents are stripped"),
    "COMBINING": (combining, "ranges of non-starters, with the rank of their combining class"),
    "DECOMPOSED": (mappings(decomposed), "canonical decompositions; Hangul syllables are arithmetic"),
    "LOWERED": (mappings(lowered), "lower case"),
}


def literal(text, indent="  "):
    lines = [text[i : i + 90] for i in range(0, len(text), 90)] or [""]
    return " +\n".join(f"{indent}'{line}'" for line in lines)


with open("packages/wordpiece/src/code-point-data.ts", "w") as out:
    out.write(
        "// What Hugging Face's BERT normalizer and pre-tokenizer do to every code point. Generated by\n"
        f"// tools/reference/wordpiece_code_points.py from tokenizers {tokenizers.__version__}; do not edit.\n"
        "// Numbers are written in base-64 digits of five bits, low digits first; see code-points.ts.\n"
    )
    for name, (text, about) in sections.items():
        out.write(f"\n/** {about[0].upper()}{about[1:]}. */\n")
        # one string literal a section: the formatter leaves long strings alone
        out.write(f"export const {name} =\n  '{text}';\n" if len(text) > 60 else f"export const {name} = '{text}';\n")


def fnv(state, value):
    return ((state ^ value) * 16777619) & 0xFFFFFFFF


golden = {}
for flags in itertools.product([False, True], repeat=4):
    normalize = bert(*flags)
    state = 2166136261
    for c in SCALARS:
        text = normalize(chr(c))
        state = fnv(state, len(text))
        for x in text:
            state = fnv(state, ord(x))
    golden["".join("01"[f] for f in flags)] = state
state = 2166136261
for c in SCALARS:
    state = fnv(state, len(pieces(f"a{chr(c)}a")))
with open("packages/wordpiece/fixtures/code-points.json", "w") as out:
    json.dump(
        {
            "producer": "tools/reference/wordpiece_code_points.py",
            "tokenizers": tokenizers.__version__,
            "about": "32-bit FNV-1a over (length, code points) of the normalized form of every scalar value; "
            "keys: clean, chinese, strip, lower. `pieces`: words that BertPreTokenizer makes of a + c + a",
            "pieces": state,
            "normalized": golden,
        },
        out,
        indent=1,
    )
    out.write("\n")
print({name: len(text) for name, (text, _) in sections.items()}, len(non_starters), len(ladder))
