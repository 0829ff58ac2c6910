// A finished folder of shards: its manifest, and record batches read and checked one at a time.

import { type FileHandle, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { END_OF_STREAM, ExampleFormat } from './arrow-examples.js';
import type { ExampleColumns } from './example-columns.js';
import {
  canonicalJson,
  type Manifest,
  type Part,
  readManifest,
  type ShardEntry,
  type SplitName,
} from './manifest.js';
import { damaged, ShardError } from './shard-error.js';

export interface ShardFolder {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly format: ExampleFormat;
}

export interface Expectation {
  /** The tokenizer as the build was told of it. */
  readonly tokenizer?: Readonly<Record<string, unknown>>;
  readonly vocabularySize?: number;
  readonly length?: number;
  readonly fingerprint?: string;
}

/**
 * Opens a folder of shards; no shard is read yet.
 *
 * @param expected what the training run goes by; a difference throws before anything is trained on other ids
 * @throws ShardError `missing`, `foreign`, `damaged` or `mismatch`
 */
export async function openShards(folder: string, expected: Expectation = {}): Promise<ShardFolder> {
  const manifest = await readManifest(folder);
  const found: Record<string, unknown> = {
    ...manifest.configuration,
    fingerprint: manifest.fingerprint,
  };
  for (const [name, value] of Object.entries(expected)) {
    if (value === undefined || canonicalJson(value) === canonicalJson(found[name])) continue;
    throw new ShardError(
      `${folder} does not fit this run: its ${name} is ${canonicalJson(found[name])}, expected ${canonicalJson(value)}.\n` +
        'Build shards with the tokenizer and options of this run, or run with those of the shards.',
      { code: 'mismatch', file: folder },
    );
  }
  return { folder, manifest, format: new ExampleFormat(manifest.configuration) };
}

/** The shards of a split; empty if the folder has no such split. */
export function shardsOf({ manifest }: ShardFolder, split: SplitName): readonly ShardEntry[] {
  return manifest.splits[split]?.shards ?? [];
}

/**
 * One record batch, checked against the manifest.
 *
 * @throws ShardError `missing` or `damaged`, naming file, batch, offset, expected and found
 */
export async function readBatch(
  { folder, format }: ShardFolder,
  shard: ShardEntry,
  batch: number,
): Promise<ExampleColumns> {
  const part = shard.batches[batch];
  if (!part) throw new RangeError(`owt-loader: ${shard.file} has no batch ${batch}.`);
  const handle = await openShard(folder, shard);
  try {
    return format.decode(await readPart(handle, shard.file, batch, part));
  } finally {
    await handle.close();
  }
}

export async function openShard(folder: string, shard: ShardEntry): Promise<FileHandle> {
  try {
    return await open(join(folder, shard.file), 'r');
  } catch (error) {
    throw new ShardError(
      `${shard.file} is missing from ${folder}: expected a shard of ${shard.bytes} bytes.\n` +
        'Copy it again, build the folder again, or read with the policy "skip" or "quarantine".',
      { code: 'missing', file: shard.file },
      error,
    );
  }
}

/**
 * What surrounds a shard's record batches: its size, the header before them and the mark behind them.
 *
 * @returns what is wrong; empty for a sound shard
 * @throws ShardError `missing`
 */
export async function checkFrame(folder: string, shard: ShardEntry): Promise<ShardError[]> {
  const { file } = shard;
  const faults: ShardError[] = [];
  const handle = await openShard(folder, shard);
  try {
    const { size } = await handle.stat();
    if (size !== shard.bytes) {
      const offset = Math.min(size, shard.bytes);
      const expected = `${shard.bytes} bytes`;
      faults.push(damaged({ file, offset, expected, found: `${size} bytes` }));
    }
    await readPart(handle, file, -1, shard.header).catch((error: unknown) => {
      if (!(error instanceof ShardError)) throw error;
      faults.push(error);
    });
    const offset = shard.bytes - END_OF_STREAM.length;
    const end = Buffer.alloc(END_OF_STREAM.length);
    const { bytesRead } = await handle.read(end, 0, end.length, offset);
    if (bytesRead < end.length || !end.equals(END_OF_STREAM)) {
      const found = end.subarray(0, bytesRead).toString('hex') || 'nothing';
      faults.push(damaged({ file, offset, expected: 'the end mark', found }));
    }
  } finally {
    await handle.close();
  }
  return faults;
}

/** Bytes of one part of a shard; a short read or another CRC-32 throws. */
export async function readPart(
  handle: FileHandle,
  file: string,
  batch: number,
  { offset, length, crc32: expected }: Part,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0)
      throw damaged({
        file,
        batch,
        offset,
        found: `the end of the file after ${filled} bytes`,
        expected: `${length} bytes`,
      });
    filled += bytesRead;
  }
  const found = crc32(bytes);
  if (found !== expected)
    throw damaged({
      file,
      batch,
      offset,
      found: `CRC-32 ${hex(found)}`,
      expected: `CRC-32 ${hex(expected)}`,
    });
  return bytes;
}

/**
 * Moves a damaged shard to `quarantine/` in the folder, with the reason beside it.
 * A shard that is gone already is left at that.
 */
export async function quarantineShard(folder: string, error: ShardError): Promise<void> {
  const { file } = error.fault;
  const target = join(folder, 'quarantine', file.replaceAll('/', '-'));
  await mkdir(join(folder, 'quarantine'), { recursive: true });
  try {
    await rename(join(folder, file), target);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
  await writeFile(
    `${target}.json`,
    `${JSON.stringify({ message: error.message, ...error.fault })}\n`,
  );
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
