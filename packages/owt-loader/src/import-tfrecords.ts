// ELECTRA's TFRecords to shards: a record from each file in turn, which undoes the round-robin of a single job's
// export. Texts are gone by then, so there are no documents: every example counts as one, and the held-out
// split goes by the hash of its ids.

import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { acquireLock, readTfRecords, syncFolder } from '@alectra/files';
import { ExampleFormat } from './arrow-examples.js';
import { noCounts } from './builder.js';
import { identify, isHeldOut } from './document.js';
import { ExampleSink, type SpecialIds } from './example-columns.js';
import { finishFolder } from './finish-folder.js';
import type { BuildConfiguration, BuildStatistics, Manifest, SplitName } from './manifest.js';
import { ShardError } from './shard-error.js';
import { SplitWriter } from './split-writer.js';
import { decodeExample, type ElectraExample } from './tf-example.js';

export interface ImportOptions {
  /** Folder of TFRecord files. */
  readonly input: string;
  readonly output: string;
  readonly vocabularySize: number;
  readonly special: SpecialIds;
  /** The tokenizer that made the records, as the training run will name it: records do not say. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly heldOut?: number;
  readonly rowsPerBatch?: number;
  readonly rowsPerShard?: number;
}

/**
 * Reads every record of a folder and writes shards.
 *
 * @throws ShardError `format` for records of another schema, FileError for damaged ones
 */
export async function importTfRecords(options: ImportOptions): Promise<Manifest> {
  const { input, output, vocabularySize, special, tokenizer, heldOut = 0 } = options;
  const { rowsPerBatch = 4096, rowsPerShard = 262_144 } = options;
  const names = (await readdir(input)).filter((name) => name.includes('tfrecord')).sort(naturally);
  const records = roundRobin(names.map((name) => join(input, name)));
  const first = await records.next();
  if (first.done)
    throw new ShardError(
      `${input} holds no examples: found ${names.length} files with "tfrecord" in their names.\n` +
        "Give the folder of ELECTRA's pretrain_data.tfrecord-* files.",
      { code: 'missing', file: input },
    );
  const length = first.value.example.inputIds.length;
  const configuration: BuildConfiguration = {
    builder: 'tfrecord',
    length,
    vocabularySize,
    special,
    tokenizer,
    seed: 0,
    heldOut,
    clean: 'none',
    decontamination: 'none',
    rowsPerBatch,
    rowsPerShard,
  };
  const folder = `${output}.building`;
  const lock = await acquireLock(`${output}.lock`);
  const writing: SplitWriter[] = [];
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const format = new ExampleFormat(configuration);
    const shared = { folder, format, special, rowsPerBatch, rowsPerShard };
    const writers = {
      train: new SplitWriter({ ...shared, split: 'train' }),
      validation: new SplitWriter({ ...shared, split: 'validation' }),
    };
    writing.push(writers.train, writers.validation);
    const statistics: BuildStatistics = {
      documents: 0,
      duplicates: 0,
      contaminated: 0,
      empty: 0,
      characters: 0,
      examples: 0,
      filled: 0,
      ...noCounts(),
    };
    const sink = new ExampleSink(length, vocabularySize, special, 1);
    let inputHash = '';
    for await (const { example, name } of startingWith(first.value, records)) {
      const { ids, splitAt } = segments(example, length, vocabularySize, name);
      const key = `${splitAt} ${ids.join(' ')}`;
      const identity = identify(`${inputHash} ${key}`);
      inputHash =
        identity.high.toString(16).padStart(8, '0') + identity.low.toString(16).padStart(8, '0');
      sink.clear();
      sink.addRaw(ids, splitAt, statistics.documents++);
      const split: SplitName = isHeldOut(identify(key), heldOut) ? 'validation' : 'train';
      await writers[split].append(sink.columns(), 0, 1);
      statistics.examples++;
      statistics.filled += ids.length;
      if (splitAt === ids.length) statistics.single++;
    }
    const splits = {
      train: await writers.train.finish(),
      validation: await writers.validation.finish(),
    };
    const found = `${names.length} TFRecord files`;
    const finished = { configuration, statistics, inputHash, splits, format };
    const manifest = await finishFolder(folder, found, finished);
    await rename(folder, output);
    await syncFolder(dirname(output));
    return manifest;
  } finally {
    await records.return(undefined);
    for (const writer of writing) await writer.abandon();
    await lock.release();
  }
}

interface NamedExample {
  readonly example: ElectraExample;
  /** File and record, for messages. */
  readonly name: string;
}

async function* startingWith(
  first: NamedExample,
  rest: AsyncGenerator<NamedExample>,
): AsyncGenerator<NamedExample> {
  yield first;
  yield* rest;
}

/** One record of each file in turn, until all are at their end. */
async function* roundRobin(paths: readonly string[]): AsyncGenerator<NamedExample> {
  const open = paths.map((path) => ({ path, records: readTfRecords(path), count: 0 }));
  try {
    while (open.length > 0)
      for (const file of [...open]) {
        const { done, value } = await file.records.next();
        if (done) open.splice(open.indexOf(file), 1);
        else {
          const name = `${file.path}, record ${file.count++}`;
          yield { example: decodeExample(value, name), name };
        }
      }
  } finally {
    for (const { records } of open) await records.return(undefined);
  }
}

/** Checks that mask and segments have the form of [CLS] A [SEP] B [SEP] and gives the tokens without padding. */
function segments(
  { inputIds, inputMask, segmentIds }: ElectraExample,
  length: number,
  vocabularySize: number,
  name: string,
): { ids: Int32Array; splitAt: number } {
  const wrong = (found: string, expected: string): ShardError =>
    new ShardError(`${name} does not fit: found ${found}, expected ${expected}.`, {
      code: 'format',
      file: name,
      found,
      expected,
    });
  if (inputIds.length !== length) throw wrong(`${inputIds.length} positions`, `${length}`);
  let used = 0;
  while (used < length && inputMask[used] === 1) used++;
  let splitAt = 0;
  while (splitAt < used && segmentIds[splitAt] === 0) splitAt++;
  for (let i = 0; i < length; i++) {
    const mask = i < used ? 1 : 0;
    const segment = i >= splitAt && i < used ? 1 : 0;
    if (inputMask[i] !== mask || segmentIds[i] !== segment)
      throw wrong(
        `a mask or segments that are interleaved at ${i}`,
        'tokens, then padding; A, then B',
      );
    if ((inputIds[i] ?? 0) >= vocabularySize)
      throw wrong(`token id ${inputIds[i]}`, `ids below ${vocabularySize}`);
  }
  return { ids: Int32Array.from({ length: used }, (_, i) => inputIds[i] ?? 0), splitAt };
}

/** Orders file-2 before file-10. */
function naturally(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
