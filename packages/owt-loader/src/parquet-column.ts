// The column of texts in a row group, if it is laid out as Hugging Face and pyarrow write it, and its bytes.
//
// What a footer says may be damaged: numbers are bounded before anything is done with them.

import { open } from 'node:fs/promises';
import type { RowGroupChunk } from './chunk.js';
import type { PageMemory } from './page-memory.js';
import { Unfamiliar } from './parquet-header.js';

/** Bytes, stored or uncompressed, and rows that a group may have to be read here. */
export const MAX_BYTES: number = 2 ** 28;
const MAX_ROWS = 2 ** 20;
/** Bytes out for a byte in: snappy can give 64 for 3. */
const MAX_RATIO = 22;

export interface TextColumn {
  /** Of the file. */
  readonly start: number;
  readonly length: number;
  /** Bytes of all pages, their headers included. */
  readonly uncompressedLength: number;
  readonly isSnappy: boolean;
  readonly mayBeNull: boolean;
  readonly rows: number;
}

/** @throws Unfamiliar */
export function textColumn({ metadata, range }: RowGroupChunk, textKey: string): TextColumn {
  const column = only(
    metadata.row_groups[0]?.columns.filter(
      ({ meta_data: about }) =>
        about?.path_in_schema.length === 1 && about.path_in_schema[0] === textKey,
    ),
  );
  const about = column.meta_data;
  const element = only(metadata.schema.filter(({ name }) => name === textKey));
  const { repetition_type: repetition, converted_type, logical_type } = element;
  const isText = converted_type === 'UTF8' || logical_type?.type === 'STRING';
  const isFlat = repetition === 'REQUIRED' || repetition === 'OPTIONAL';
  const isPlain = about?.codec === 'UNCOMPRESSED';
  if (!about || !(isPlain || about.codec === 'SNAPPY')) throw new Unfamiliar('another codec');
  if (column.file_path || element.type !== 'BYTE_ARRAY' || !isText || !isFlat)
    throw new Unfamiliar('another column');
  const offsets = [about.dictionary_page_offset, about.data_page_offset].map(Number);
  const start = Math.min(...offsets.filter((offset) => offset > 0));
  const length = natural(about.total_compressed_size, MAX_BYTES);
  if (!(start >= range.start && start + length <= range.end))
    throw new Unfamiliar('a column outside of its group');
  return {
    start: natural(start, Number.MAX_SAFE_INTEGER),
    length,
    uncompressedLength: natural(
      about.total_uncompressed_size,
      Math.min(MAX_BYTES, MAX_RATIO * length),
    ),
    isSnappy: !isPlain,
    mayBeNull: repetition === 'OPTIONAL',
    rows: natural(range.rows, MAX_ROWS),
  };
}

/** The bytes of a column, in the memory. @throws Unfamiliar */
export async function columnBytes(
  { from, range }: RowGroupChunk,
  { start, length, uncompressedLength, isSnappy }: TextColumn,
  memory: PageMemory,
): Promise<Uint8Array> {
  const bytes = memory.open(length, isSnappy ? uncompressedLength : 0);
  if ('bytes' in from) {
    const found = from.bytes.subarray(start - range.start, start - range.start + length);
    if (found.length < length) throw new Unfamiliar('an early end');
    bytes.set(found);
    return bytes;
  }
  const file = await open(from.path, 'r');
  try {
    const { bytesRead } = await file.read(bytes, 0, length, start);
    if (bytesRead < length) throw new Unfamiliar('an early end');
    return bytes;
  } finally {
    await file.close();
  }
}

function only<T>(found: readonly T[] = []): T {
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Unfamiliar('another schema');
  return first;
}

function natural(value: number | bigint, most: number): number {
  const found = Number(value);
  if (Number.isSafeInteger(found) && found >= 0 && found <= most) return found;
  throw new Unfamiliar(`the number ${found}`);
}
