"""Prints the XXH64 values that packages/owt-loader/src/zstd.test.ts and identity.test.ts hold.

    python tools/reference/owt_xxh64.py      (xxhash comes with datasets)
"""

import xxhash

TEXTS = ["", "a", "abc", "xxhash is fast", "x" * 31, "x" * 32, "abcdefgh" * 101 + "12345"]
LENGTHS = [65_535, 65_536, 65_537, 131_073]

print("xxhash", xxhash.XXHASH_VERSION)
for text in TEXTS:
    print(repr(text), xxhash.xxh64(text.encode()).hexdigest())
for length in LENGTHS:
    print(length, xxhash.xxh64(bytes((i * 7) % 251 for i in range(length))).hexdigest())
