// What Python makes of our files. ALECTRA_PYTHON names an interpreter with datasets, pyarrow and tensorflow.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { buildShards } from './build-shards.js';
import { exportTfRecords } from './export-tfrecords.js';
import { openShards } from './open-shards.js';
import { firstRows } from './shard-text.js';
import { inTemporaryFolder, someDocuments, TOKENIZER } from './test-support.js';

const python = process.env.ALECTRA_PYTHON;
const withPython = python ? describe : describe.skip;

function run(code: string, ...args: string[]): unknown {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', HF_HUB_OFFLINE: '1' };
  const out = execFileSync(python ?? '', ['-c', code, ...args], { encoding: 'utf8', env });
  return JSON.parse(out.trim().split('\n').at(-1) ?? '');
}

const ARROW = `
import datasets, glob, json, pyarrow as pa, sys
folder = sys.argv[1]
rows = lambda d: [[r["doc"], r["length"], r["segment_split"], r["input_ids"]] for r in d]
loaded = datasets.load_from_disk(folder)
files = sorted(glob.glob(folder + "/train/*.arrow"))
tables = [pa.ipc.open_stream(f).read_all() for f in files]
for table in tables: table.validate(full=True)
single = datasets.load_from_disk(folder + "/train")
streamed = datasets.load_dataset("arrow", data_files=files, split="train", streaming=True)
print(json.dumps({
  "splits": list(loaded), "features": str(loaded["train"].features["input_ids"]),
  "loaded": rows(loaded["train"]), "validation": rows(loaded["validation"]), "single": rows(single),
  "files": [r for f in files for r in rows(datasets.Dataset.from_file(f))],
  "pyarrow": [[d, n, s, i] for t in tables for i, n, s, d in zip(*[c.to_pylist() for c in t.columns])],
  "streamed": rows(streamed)}))
`;

const TENSORFLOW = `
import glob, json, sys, tensorflow as tf
feature = {k: tf.io.FixedLenFeature([32], tf.int64) for k in ["input_ids", "input_mask", "segment_ids"]}
rows = []
for name in sorted(glob.glob(sys.argv[1] + "/*")):
  file = []
  for record in tf.data.TFRecordDataset(name):
    example = tf.io.parse_single_example(record, feature)
    file.append([example[k].numpy().tolist() for k in feature])
  rows.append(file)
print(json.dumps(rows))
`;

withPython('Python', () => {
  const build = async (output: string, vocabularySize: number): Promise<void> => {
    const options = { length: 32, rowsPerBatch: 16, rowsPerShard: 64, heldOut: 0.2 };
    await buildShards({
      ...TOKENIZER,
      ...options,
      vocabularySize,
      output,
      source: someDocuments(40),
    });
  };
  const padded = (ids: readonly number[]): number[] => [
    ...ids,
    ...new Array<number>(32 - ids.length).fill(0),
  ];

  test.each([1000, 70_000])(
    'datasets and pyarrow read our folders row for row, vocabulary %i',
    (vocabularySize) =>
      inTemporaryFolder(async (folder) => {
        const output = join(folder, 'shards');
        await build(output, vocabularySize);
        const shards = await openShards(output);
        const rows = async (split: 'train' | 'validation') =>
          (await firstRows(shards, split, 1e6)).map((r) => [
            r.document,
            r.length,
            r.split,
            padded(r.ids),
          ]);
        const read = run(ARROW, output) as Record<string, unknown>;
        const train = await rows('train');
        expect(train.length).toBeGreaterThan(128);
        expect(read.splits).toEqual(['train', 'validation']);
        const token = vocabularySize > 65_536 ? 'uint32' : 'uint16';
        expect(read.features).toBe(`List(Value('${token}'), length=32)`);
        expect(read.validation).toEqual(await rows('validation'));
        for (const reader of ['loaded', 'single', 'files', 'pyarrow', 'streamed'])
          expect([reader, read[reader]]).toEqual([reader, train]);
      }),
    120_000,
  );

  test(
    'TensorFlow parses our TFRecords',
    () =>
      inTemporaryFolder(async (folder) => {
        await build(join(folder, 'shards'), 1000);
        const shards = await openShards(join(folder, 'shards'));
        const output = join(folder, 'tf');
        const count = await exportTfRecords(shards, output, { files: 3 });
        const files = run(TENSORFLOW, output) as number[][][][];
        const rows = await firstRows(shards, 'train', 1e6);
        expect(count).toBe(rows.length);
        for (const [i, { ids, length, split }] of rows.entries()) {
          const bits = (from: number): number[] =>
            Array.from({ length: 32 }, (_, at) => (at >= from && at < length ? 1 : 0));
          expect(files[i % 3]?.[Math.floor(i / 3)]).toEqual([padded(ids), bits(0), bits(split)]);
        }
      }),
    120_000,
  );
});
