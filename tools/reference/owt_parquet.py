"""Writes one small table of texts in the layouts that Parquet has for it, for packages/owt-loader.

Run: python tools/reference/owt_parquet.py   (from the repository root)
Written with Python 3.11, pyarrow 26.0.1.
The texts are made here from a list of words; nothing is taken from a real corpus.
"""

import json
import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path("packages/owt-loader/fixtures/parquet")
WORDS = "the a river stone morning walked under bright old slowly and nobody heard Zürich 北京".split()


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    random_ = random.Random(11)
    texts = [" ".join(random_.choices(WORDS, k=random_.randint(0, 60))) for _ in range(40)]
    texts[3] = "\ufeffA mark before it."
    texts[7:23] = [texts[6]] * 16  # a run of one number in a dictionary
    columns = {"url": [f"https://example.org/{i}" for i in range(40)], "text": texts}
    table = pa.table(columns)
    required = pa.table(columns, schema=pa.schema([("url", pa.string()), pa.field("text", pa.string(), False)]))
    nulls = pa.table({**columns, "text": [None if i == 21 else text for i, text in enumerate(texts)]})
    common = dict(row_group_size=25, data_page_size=600, write_batch_size=4)
    layouts = {
        # name: table, options
        "dictionary": (table, {}),
        "plain": (table, dict(use_dictionary=False, compression="none")),
        "full-dictionary": (table, dict(dictionary_pagesize_limit=500)),
        "version-2": (table, dict(data_page_version="2.0")),
        "version-2-none": (table, dict(data_page_version="2.0", compression="none", use_dictionary=False)),
        "required": (required, {}),
        "checksums": (table, dict(write_page_checksum=True, compression="none", use_dictionary=False)),
        "zstd": (table, dict(compression="zstd")),
        "gzip": (table, dict(compression="gzip")),
        "delta": (table, dict(use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY", "url": "PLAIN"})),
        "nulls": (nulls, {}),
    }
    for name, (content, options) in layouts.items():
        pq.write_table(content, OUT / f"{name}.parquet", **common, **options)
    marked = [text.removeprefix("\ufeff") for text in texts]
    (OUT / "expected.json").write_text(json.dumps({"texts": marked}, ensure_ascii=False) + "\n")


main()
