// The text column of Parquet files, one row group at a time, through hyparquet.
//
// No reader tests page checksums, so a changed byte can pass in silence: a file is trusted only as far as its
// SHA-256, which is tested where it is known (downloads, and files in a Hugging Face cache, named by their hash).

import { open, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import * as zlib from 'node:zlib';
import { sha256File } from '@alectra/files';
import { type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { type Compressors, compressors } from 'hyparquet-compressors';
import type { Document } from './document.js';
import { ShardError } from './shard-error.js';

/** Random access to bytes: hyparquet's view of a file. */
export interface RandomAccess {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

export interface RowGroupRange {
  /** Rows of the file before the group, and rows in it. */
  readonly first: number;
  readonly rows: number;
  /** Bytes of the group in the file. */
  readonly start: number;
  readonly end: number;
}

/** The place of a file's row groups, each with a footer that knows no other group. */
export async function parquetGroups(
  file: RandomAccess,
  name: string,
  textKey: string,
): Promise<readonly { metadata: FileMetaData; range: RowGroupRange }[]> {
  const metadata = await parquetMetadataAsync(file).catch((error: unknown) => {
    throw broken(name, error);
  });
  const columns = metadata.schema.filter(({ type }) => type !== undefined).map(({ name }) => name);
  if (!columns.includes(textKey))
    throw new ShardError(
      `${name} has no column "${textKey}": found ${columns.join(', ')}.\n` +
        'Name the column that holds the text with the option textKey.',
      { code: 'format', file: name, found: columns.join(', '), expected: textKey },
    );
  let first = 0;
  return metadata.row_groups.map((group) => {
    const rows = Number(group.num_rows);
    const starts = group.columns.map(({ meta_data: column }) =>
      Number(column?.dictionary_page_offset || column?.data_page_offset || 0),
    );
    const ends = group.columns.map(
      ({ meta_data: column }, i) => (starts[i] ?? 0) + Number(column?.total_compressed_size ?? 0),
    );
    const range = { first, rows, start: Math.min(...starts), end: Math.max(...ends) };
    if (range.start < 4 || range.end > file.byteLength || range.end < range.start)
      throw broken(
        name,
        `a row group at bytes ${range.start} to ${range.end} of ${file.byteLength}`,
      );
    first += rows;
    return { metadata: { ...metadata, row_groups: [group] }, range };
  });
}

/** The documents of one row group. */
export async function* parquetDocuments(
  file: RandomAccess,
  metadata: FileMetaData,
  { first, rows }: RowGroupRange,
  name: string,
  textKey: string,
): AsyncGenerator<Document> {
  let texts: readonly unknown[][] = [];
  await parquetRead({
    file,
    metadata,
    columns: [textKey],
    rowStart: 0,
    rowEnd: rows,
    compressors: { ...compressors, ...nativeZstd() },
    onComplete: (read) => {
      texts = read;
    },
  }).catch((error: unknown) => {
    throw broken(`${name}, rows ${first} to ${first + rows}`, error);
  });
  if (texts.length !== rows)
    throw broken(name, `${texts.length} rows in the group from row ${first}, expected ${rows}`);
  for (const [i, [text]] of texts.entries()) {
    if (typeof text !== 'string')
      throw new ShardError(
        `${name}, row ${first + i}: "${textKey}" is ${text === null ? 'null' : typeof text}, expected a text.`,
        { code: 'format', file: name },
      );
    yield { id: `${name}:${first + i}`, text };
  }
}

/** A local file as random access; close it when done. */
export async function openRandomAccess(
  path: string,
): Promise<RandomAccess & { close(): Promise<void> }> {
  const handle = await open(path, 'r');
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
    close: () => handle.close(),
  };
}

/** Tests a file against the SHA-256 that a Hugging Face cache names it by; other files pass. */
export async function checkCachedHash(path: string): Promise<void> {
  const expected = basename(await realpath(path));
  if (!/^[0-9a-f]{64}$/.test(expected)) return;
  const found = await sha256File(path);
  if (found !== expected)
    throw new ShardError(
      `${path} is damaged: its SHA-256 is ${found}, expected ${expected}, the name in the cache.\nDownload it again.`,
      { code: 'damaged', file: path, found, expected },
    );
}

function nativeZstd(): Compressors {
  // Present from Node 22.15, absent from the types of Node 20.
  const native = (zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array })
    .zstdDecompressSync;
  return native ? { ZSTD: (bytes) => native(bytes) } : {};
}

function broken(name: string, cause: unknown): ShardError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new ShardError(
    `${name} is a damaged Parquet file: found ${found}.\nCopy or download it again.`,
    { code: 'damaged', file: name, found },
    cause,
  );
}
