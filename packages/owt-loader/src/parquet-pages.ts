// The texts of a row group as Hugging Face and pyarrow write it, read in the thread that needs them: a column of texts,
// plain or by a dictionary, none of them null, not compressed or with snappy or zstd.
//
// Memory and time are bounded by the bytes that are there, so damage does no harm; it is declined, like any other
// layout, and then what is wrong is said by hyparquet, in a process of its own (parquet-process).

import { open } from 'node:fs/promises';
import * as zlib from 'node:zlib';
import type { CompressionCodec, FileMetaData } from 'hyparquet';
import { type RowGroupChunk, rowsOf } from './chunk.js';
import { withoutMark } from './document.js';
import type { PageMemory } from './page-memory.js';
import { Cursor, type PageHeader, readPageHeader, Unfamiliar } from './parquet-header.js';
import { dictionaryTexts, passFullLevels, plainTexts } from './parquet-values.js';
import { ShardError } from './shard-error.js';

/** Bytes of texts, and rows, that a group may hold to be read here. */
const MAX_BYTES = 2 ** 28;
const MAX_ROWS = 2 ** 20;
/** Bytes out for a byte in: snappy can give 64 for 3, and zstd of texts seldom gives more. */
const MAX_RATIO = 22;

/** Numbers of encodings (parquet.thrift). */
const PLAIN = 0;
const DICTIONARY = [2, 8];

/**
 * The texts of a row group, as UTF-8, byte order marks taken away; undefined if it must be read otherwise.
 *
 * @param memory where they lie, until it is used again
 * @throws ShardError `damaged` if a page has a CRC-32 and is not what it says
 */
export async function pageTexts(
  chunk: RowGroupChunk,
  textKey: string,
  memory: PageMemory,
): Promise<Uint8Array[] | undefined> {
  const column = familiarColumn(chunk.metadata, textKey);
  const { rows } = chunk.range;
  if (!column || rows > MAX_ROWS) return undefined;
  try {
    const bytes = await columnBytes(chunk, column, memory);
    const unpack = (page: Uint8Array, length: number): Uint8Array | undefined =>
      UNPACK[column.codec]?.(page, length, memory);
    const texts = readPages(bytes, { ...column, unpack }, rows, (found, expected) => {
      throw new ShardError(
        `${rowsOf(chunk)} are damaged: found a page of CRC-32 ${found}, expected ${expected}.\nCopy or download the file again.`,
        { code: 'damaged', file: chunk.name, found, expected },
      );
    });
    return texts.map(withoutMark);
  } catch (error) {
    if (error instanceof Unfamiliar) return undefined;
    throw error;
  }
}

interface Column {
  readonly start: number;
  readonly length: number;
  readonly uncompressedLength: number;
  readonly codec: CompressionCodec;
  readonly mayBeNull: boolean;
}

type Unpack = (page: Uint8Array, length: number) => Uint8Array | undefined;
type Refuse = (found: string, expected: string) => never;

/** What takes compression away within bounds, by codec: undefined for damage. */
const UNPACK: Partial<
  Record<
    CompressionCodec,
    (page: Uint8Array, length: number, memory: PageMemory) => Uint8Array | undefined
  >
> = {
  UNCOMPRESSED: (page) => page,
  SNAPPY: (page, length, memory) => memory.uncompress(page, length),
  ...nativeZstd(),
};

/** Node's zstd, present from 22.15 on and absent from the types of Node 20. */
function nativeZstd(): typeof UNPACK {
  const { zstdDecompressSync: native } = zlib as {
    readonly zstdDecompressSync?: (page: Uint8Array, options: object) => Uint8Array;
  };
  if (!native) return {};
  return {
    ZSTD(page, length) {
      try {
        return native(page, { maxOutputLength: Math.max(1, length) });
      } catch {
        return undefined;
      }
    },
  };
}

/** The text column of the only row group, if it is laid out as usual. */
function familiarColumn(metadata: FileMetaData, textKey: string): Column | undefined {
  const elements = metadata.schema.filter(({ name }) => name === textKey);
  const element = elements.length === 1 ? elements[0] : undefined;
  const isText = element?.converted_type === 'UTF8' || element?.logical_type?.type === 'STRING';
  const columns = metadata.row_groups[0]?.columns.map(({ meta_data: column }) => column);
  const column = columns?.find((column) => column?.path_in_schema.join('.') === textKey);
  if (!column || !UNPACK[column.codec] || element?.type !== 'BYTE_ARRAY' || !isText)
    return undefined;
  const { repetition_type: repetition } = element;
  if (repetition !== 'REQUIRED' && repetition !== 'OPTIONAL') return undefined;
  const offsets = [column.dictionary_page_offset, column.data_page_offset].map(Number);
  const start = Math.min(...offsets.filter((offset) => offset > 0));
  return {
    start,
    length: Number(column.total_compressed_size),
    uncompressedLength: Number(column.total_uncompressed_size),
    codec: column.codec,
    mayBeNull: repetition === 'OPTIONAL',
  };
}

async function columnBytes(
  { from, range }: RowGroupChunk,
  { start, length, uncompressedLength }: Column,
  memory: PageMemory,
): Promise<Uint8Array> {
  if (!(start >= range.start && start + length <= range.end && length >= 0 && length <= MAX_BYTES))
    throw new Unfamiliar('a column outside of its group');
  if (uncompressedLength < 0 || uncompressedLength > Math.min(MAX_BYTES, MAX_RATIO * length))
    throw new Unfamiliar(`${uncompressedLength} bytes of texts`);
  const bytes = memory.open(length, uncompressedLength);
  if ('bytes' in from) {
    bytes.set(from.bytes.subarray(start - range.start, start - range.start + length));
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

function readPages(
  bytes: Uint8Array,
  { unpack, mayBeNull }: { readonly unpack: Unpack; readonly mayBeNull: boolean },
  rows: number,
  refuse: Refuse,
): Uint8Array[] {
  const cursor = new Cursor(bytes);
  const texts: Uint8Array[] = [];
  const dictionary: Uint8Array[] = [];
  let room = MAX_BYTES;
  while (texts.length < rows) {
    const header = readPageHeader(cursor);
    const stored = cursor.take(header.compressedSize);
    checkCrc(header, stored, refuse);
    room -= header.uncompressedSize;
    if (room < 0 || texts.length + header.values > rows) throw new Unfamiliar('too much');
    if (header.kind === 'other') continue;
    if (header.nulls > 0) throw new Unfamiliar('a null');
    const page = new Cursor(unpackPage(header, stored, unpack));
    if (header.kind === 'data' && mayBeNull)
      passFullLevels(new Cursor(page.take(page.littleEndian(4))), header.values);
    if (header.kind === 'dictionary') plainTexts(page, header.values, dictionary);
    else if (header.encoding === PLAIN) plainTexts(page, header.values, texts);
    else if (DICTIONARY.includes(header.encoding))
      dictionaryTexts(page, header.values, dictionary, texts);
    else throw new Unfamiliar(`encoding ${header.encoding}`);
  }
  const size = texts.reduce((sum, { length }) => sum + length, 0); // a dictionary's texts may be repeated
  if (size > MAX_BYTES) throw new Unfamiliar(`${size} bytes of texts`);
  return texts;
}

/** The values of a page, and before them the levels of a page of version 1. */
function unpackPage(
  { uncompressedSize, levelBytes, isCompressed }: PageHeader,
  stored: Uint8Array,
  unpack: Unpack,
): Uint8Array {
  const values = stored.subarray(levelBytes);
  const length = uncompressedSize - levelBytes;
  const page = isCompressed ? unpack(values, length) : values;
  if (page?.length !== length) throw new Unfamiliar('a page of another length');
  return page;
}

function checkCrc({ crc: expected }: PageHeader, stored: Uint8Array, refuse: Refuse): void {
  if (expected === undefined) return;
  const found = zlib.crc32(stored);
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  if (found !== expected) refuse(hex(found), hex(expected));
}
