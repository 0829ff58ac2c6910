"""Writes small corpora in the forms that OpenWebText is distributed in, for packages/owt-loader.

Run: python tools/reference/owt_formats.py   (from the repository root)
Written with Python 3.11, pyarrow 26.0.1, datasets 5.2.0, tensorflow 2.21.0,
zstd 1.5 on the PATH.
The texts are made here from a list of words; nothing is taken from a real corpus.
"""

import io
import json
import lzma
import random
import shutil
import struct
import subprocess
import tarfile
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

OUT = Path("packages/owt-loader/fixtures/formats")
WORDS = """the a river stone morning walked under bright old slowly and then nobody heard small
green house window letter winter road never again carried water before night people town""".split()


def text(random_, paragraphs):
    lines = []
    for _ in range(paragraphs):
        sentences = []
        for _ in range(random_.randint(1, 5)):
            words = [random_.choice(WORDS) for _ in range(random_.randint(4, 14))]
            sentences.append(" ".join(words).capitalize() + ".")
        lines.append(" ".join(sentences))
    return ("\n\n\n" if random_.random() < 0.3 else "\n\n").join(lines)


def add(archive, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def member(documents):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, body in documents:
            add(archive, name, body.encode())
    return lzma.compress(buffer.getvalue())


def nested(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, body in members:
            add(archive, f"openwebtext/{name}", body)
        add(archive, "openwebtext/urlsf_subset00-1_data.xz.lock", b"")
    return buffer.getvalue()


def zstd(data, *flags):
    return subprocess.run(["zstd", "-q", "-c", *flags], input=data, stdout=subprocess.PIPE, check=True).stdout


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    random_ = random.Random(7)
    texts = [text(random_, random_.randint(1, 4)) for _ in range(30)]
    texts[4] += " Zürich, naïve, 北京."

    # The original: xz of a tar of xz of tars. In the order of code
    # points 00-10_data comes before 00-1_data ('0' < '_'), and names inside are not in order.
    groups = {"urlsf_subset00-10_data.xz": texts[:10], "urlsf_subset00-1_data.xz": texts[10:20],
              "urlsf_subset00-2_data.xz": texts[20:]}
    members = []
    for name, group in groups.items():
        documents = [(f"{i:07d}-{random_.getrandbits(128):032x}.txt", body) for i, body in enumerate(group)]
        random_.shuffle(documents)
        members.append((name, member(documents)))
    tar = nested(members)
    (OUT / "openwebtext.tar.xz").write_bytes(lzma.compress(tar))
    (OUT / "out-of-order.tar.xz").write_bytes(lzma.compress(nested(members[::-1])))
    (OUT / "subset00.tar").write_bytes(nested(members[::-1]))

    # OpenWebText2: one frame a file as published, and in the forms that decoders stumble over.
    lines = []
    for i, body in enumerate(texts):
        form = [{"text": body, "meta": {"title": "t"}}, body, {"text": body.split("\n\n")}][i % 3]
        if i % 3 == 2 and "\n\n\n" in body:
            form = {"text": body}
        lines.append(json.dumps(form, ensure_ascii=i % 2 == 0))
    joined = ("\n".join(lines) + "\n").encode()
    half = len(joined) // 2  # in the middle of a line: frames need not end where lines do
    frames = zstd(joined[:half], "-3", "--check") + zstd(joined[half:], "-3", "--check")
    skippable = struct.pack("<II", 0x184D2A53, 5) + b"extra"
    (OUT / "lines.jsonl").write_bytes(joined)
    (OUT / "frames.jsonl.zst").write_bytes(skippable + frames)
    (OUT / "plain.jsonl.zst").write_bytes(zstd(joined, "-19", "--no-check"))
    first = ("\n".join(lines[:12]) + "\n").encode()
    with tarfile.open(OUT / "openwebtext2.jsonl.zst.tar", "w") as archive:
        add(archive, "2.jsonl.zst", zstd("\n".join(lines[12:]).encode()))
        add(archive, "1.jsonl.zst", zstd(first))

    # Hugging Face: parquet and save_to_disk.
    table = pa.table({"text": texts})
    for codec in ["snappy", "zstd", "none"]:
        folder = OUT / f"parquet-{codec}"
        folder.mkdir()
        for i in range(2):
            part = table.slice(15 * i, 15)
            path = folder / f"train-{i:05d}-of-00002.parquet"
            pq.write_table(part, path, compression=codec, row_group_size=6)
    datasets.disable_progress_bars()
    dataset = datasets.Dataset.from_dict({"text": texts})
    dataset.save_to_disk(OUT / "saved", num_shards=2)
    large = dataset.cast(datasets.Features({"text": datasets.Value("large_string")}))
    datasets.DatasetDict({"train": large, "test": large.select(range(2))}).save_to_disk(OUT / "dict")

    # ELECTRA's TFRecords, written by TensorFlow: [CLS] 101, [SEP] 102, padding 0.
    folder = OUT / "tfrecords"
    folder.mkdir()
    rows = []
    for _ in range(9):
        a = [random_.randint(200, 900) for _ in range(random_.randint(1, 6))]
        b = [random_.randint(200, 900) for _ in range(random_.randint(0, 5))]
        ids = [101, *a, 102] + ([*b, 102] if b else [])
        segments = [0] * (len(a) + 2) + [1] * (len(b) + 1 if b else 0)
        pad = [0] * (16 - len(ids))
        rows.append({"input_ids": ids + pad, "input_mask": [1] * len(ids) + pad, "segment_ids": segments + pad})
    for i in range(2):
        with tf.io.TFRecordWriter(str(folder / f"pretrain_data.tfrecord-{i}-of-2")) as writer:
            for row in rows[i::2]:
                feature = {k: tf.train.Feature(int64_list=tf.train.Int64List(value=v)) for k, v in row.items()}
                example = tf.train.Example(features=tf.train.Features(feature=feature))
                writer.write(example.SerializeToString())
    (OUT / "expected.json").write_text(json.dumps({"texts": texts, "rows": rows}) + "\n")


main()
