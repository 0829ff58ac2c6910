// Every byte of a folder against its manifest, and every row against what a row may be.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256, sha256File } from '@alectra/files';
import type { ExampleColumns } from './example-columns.js';
import { listFiles } from './list-files.js';
import { type BuildConfiguration, MANIFEST_NAME, type ShardEntry } from './manifest.js';
import { checkFrame, openShard, openShards, readPart, type ShardFolder } from './open-shards.js';
import { damaged, ShardError } from './shard-error.js';

export interface Verification {
  readonly shards: number;
  readonly rows: number;
  readonly bytes: number;
  /** What is wrong; empty for a sound folder. */
  readonly faults: readonly ShardError[];
}

/**
 * Checks a folder completely: manifest, small files, every header, record batch, end mark and SHA-256, every row,
 * and that no file is missing or foreign.
 *
 * @param onShard called before each shard
 * @throws ShardError only if the manifest itself cannot be trusted; all else is reported
 */
export async function verifyShards(
  folder: string,
  onShard?: (file: string) => void,
): Promise<Verification> {
  const opened = await openShards(folder);
  const { manifest } = opened;
  const faults: ShardError[] = [];
  const note = (error: unknown): void => {
    if (!(error instanceof ShardError)) throw error;
    faults.push(error);
  };
  const shards = Object.values(manifest.splits).flatMap(({ shards }) => shards);
  const expected = new Set([
    MANIFEST_NAME,
    ...Object.keys(manifest.files),
    ...shards.map(({ file }) => file),
  ]);
  for (const file of await listFiles(folder))
    if (!expected.has(file) && !file.startsWith('quarantine/'))
      faults.push(
        new ShardError(
          `${file} does not belong to ${folder}: found a file that the manifest does not name.\nRemove it.`,
          { code: 'foreign', file },
        ),
      );
  for (const [file, hash] of Object.entries(manifest.files)) {
    const bytes = await readFile(join(folder, file)).catch(() => undefined);
    if (!bytes) {
      faults.push(missing(file, folder));
      continue;
    }
    const found = sha256(bytes);
    if (found !== hash)
      faults.push(damaged({ file, expected: `SHA-256 ${hash}`, found: `SHA-256 ${found}` }));
  }
  let rows = 0;
  let bytes = 0;
  for (const shard of shards) {
    onShard?.(shard.file);
    rows += shard.rows;
    bytes += shard.bytes;
    await verifyShard(opened, shard, note);
  }
  return { shards: shards.length, rows, bytes, faults };
}

async function verifyShard(
  { folder, format, manifest }: ShardFolder,
  shard: ShardEntry,
  note: (error: unknown) => void,
): Promise<void> {
  const { file } = shard;
  let faults = 0;
  const noteHere = (error: unknown): void => {
    faults++;
    note(error);
  };
  try {
    (await checkFrame(folder, shard)).forEach(noteHere);
    const handle = await openShard(folder, shard);
    try {
      for (const [batch, part] of shard.batches.entries())
        try {
          const columns = format.decode(await readPart(handle, file, batch, part));
          checkRows(columns, part.rows, manifest.configuration, file, batch);
        } catch (error) {
          noteHere(error);
        }
    } finally {
      await handle.close();
    }
  } catch (error) {
    return note(error); // missing
  }
  if (faults > 0) return;
  const hash = await sha256File(join(folder, file));
  if (hash !== shard.sha256)
    note(damaged({ file, expected: `SHA-256 ${shard.sha256}`, found: `SHA-256 ${hash}` }));
}

/** A row is [CLS] ... [SEP] and padding, its split where a segment ends, its ids in the vocabulary. */
function checkRows(
  { rows, ids, lengths, splits }: ExampleColumns,
  expectedRows: number,
  { length: L, vocabularySize, special }: BuildConfiguration,
  file: string,
  batch: number,
): void {
  const wrong = (found: string, expected: string): ShardError =>
    damaged({ file, batch, found, expected });
  if (rows !== expectedRows) throw wrong(`${rows} rows`, `${expectedRows} rows`);
  for (let row = 0; row < rows; row++) {
    const at = row * L;
    const length = lengths[row] ?? 0;
    const split = splits[row] ?? 0;
    if (length < 2 || length > L || split < 2 || split > length)
      throw wrong(`length ${length} and split ${split} in row ${row}`, `2 to ${L}`);
    if (
      ids[at] !== special.cls ||
      ids[at + length - 1] !== special.sep ||
      ids[at + split - 1] !== special.sep
    )
      throw wrong(`row ${row} without [CLS] or [SEP] in its place`, '[CLS] A [SEP] B [SEP]');
    for (let i = 0; i < L; i++) {
      const id = ids[at + i] ?? 0;
      if (id >= vocabularySize || (i >= length && id !== special.pad))
        throw wrong(
          `id ${id} at position ${i} of row ${row}`,
          i < length ? `below ${vocabularySize}` : 'padding',
        );
    }
  }
}

function missing(file: string, folder: string): ShardError {
  return new ShardError(
    `${file} is missing from ${folder}.\nCopy it again or build the folder again.`,
    {
      code: 'missing',
      file,
    },
  );
}
