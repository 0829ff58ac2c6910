// The text column of Parquet files, one row group at a time, through hyparquet.
//
// hyparquet does not test page checksums, so a changed byte can pass in silence: a file is trusted only as far as its
// SHA-256, which is tested where it is known (downloads, and files in a Hugging Face cache, named by their hash).

import { open } from 'node:fs/promises';
import * as zlib from 'node:zlib';
import { cachedHash } from '@alectra/files';
import { type FileMetaData, parquetRead } from 'hyparquet';
import { type Compressors, compressors } from 'hyparquet-compressors';
import { type RowGroupChunk, type RowGroupRange, rowsOf } from './chunk.js';
import { withoutMark } from './document.js';
import { ShardError } from './shard-error.js';

/** Random access to bytes: hyparquet's view of a file. */
export interface RandomAccess {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** Bytes at the end of a file that hold most footers. */
const FOOTER_GUESS = 1 << 19;

/** The end of a file from the start of its footer on, as far as its length can be right. */
export async function footerOf(file: RandomAccess): Promise<ArrayBuffer> {
  const { byteLength } = file;
  const tail = await file.slice(Math.max(0, byteLength - FOOTER_GUESS), byteLength);
  const length =
    tail.byteLength < 8 ? 0 : 8 + new DataView(tail).getUint32(tail.byteLength - 8, true);
  if (length <= tail.byteLength) return tail.slice(tail.byteLength - length);
  return length > byteLength ? tail : file.slice(byteLength - length, byteLength);
}

/** The place of a file's row groups, each with a footer that knows no other group. */
export function parquetGroups(
  metadata: FileMetaData,
  { byteLength }: Pick<RandomAccess, 'byteLength'>,
  name: string,
  textKey: string,
): readonly { metadata: FileMetaData; range: RowGroupRange }[] {
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
    if (!(Number.isSafeInteger(rows) && rows >= 0))
      throw damagedParquet(name, `a row group of ${rows} rows`);
    if (range.start < 4 || range.end > byteLength || range.end < range.start)
      throw damagedParquet(
        name,
        `a row group at bytes ${range.start} to ${range.end} of ${byteLength}`,
      );
    first += rows;
    return { metadata: { ...metadata, row_groups: [group] }, range };
  });
}

/**
 * The texts of one row group, as UTF-8: views, byte order marks taken away.
 *
 * @throws ShardError `damaged`; `format` for a column that is no text
 */
export async function rowGroupTexts(
  chunk: RowGroupChunk,
  textKey: string,
): Promise<readonly Uint8Array[]> {
  const { from, range } = chunk;
  if ('bytes' in from) return readTexts(inMemory(from.bytes, range.start), chunk, textKey);
  const file = await openRandomAccess(from.path);
  try {
    return await readTexts(file, chunk, textKey);
  } finally {
    await file.close();
  }
}

async function readTexts(
  file: RandomAccess,
  chunk: RowGroupChunk,
  textKey: string,
): Promise<readonly Uint8Array[]> {
  const { name, metadata } = chunk;
  const { first, rows } = chunk.range;
  let texts: readonly unknown[][] = [];
  await parquetRead({
    file,
    metadata,
    columns: [textKey],
    rowStart: 0,
    rowEnd: rows,
    compressors: { ...compressors, ...nativeZstd() },
    parsers: { stringFromBytes: (bytes) => bytes }, // as UTF-8
    onComplete: (read) => {
      texts = read;
    },
  }).catch((error: unknown) => {
    throw damagedParquet(rowsOf(chunk), error);
  });
  if (texts.length !== rows)
    throw damagedParquet(rowsOf(chunk), `${texts.length} rows, expected ${rows}`);
  return texts.map(([text], i) => {
    if (text instanceof Uint8Array) return withoutMark(text);
    throw new ShardError(
      `${name}, row ${first + i}: "${textKey}" is ${text === null ? 'null' : typeof text}, expected a text.`,
      { code: 'format', file: name },
    );
  });
}

/** The part of a file that is at hand, addressed as in the whole file. */
function inMemory(bytes: Uint8Array, start: number): RandomAccess {
  return {
    byteLength: start + bytes.length,
    slice: (from, to = start + bytes.length) =>
      Promise.resolve(Uint8Array.from(bytes.subarray(from - start, to - start)).buffer),
  };
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

/**
 * Whether the file is named by its hash in a Hugging Face cache, which is then right.
 *
 * @throws ShardError `damaged`
 */
export async function checkCachedHash(path: string): Promise<boolean> {
  const hash = await cachedHash(path);
  if (!hash) return false;
  const { expected, found } = hash;
  if (found === expected) return true;
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

export function damagedParquet(name: string, cause: unknown): ShardError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new ShardError(
    `${name} is a damaged Parquet file: found ${found}.\nCopy or download it again.`,
    { code: 'damaged', file: name, found },
    cause,
  );
}
