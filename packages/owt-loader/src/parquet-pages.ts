// The texts of a row group as Hugging Face and pyarrow write it, read in the thread that needs them: a column of texts,
// plain or by a dictionary, none of them null, not compressed or with snappy.
//
// Memory and time are bounded, so damage does no harm; it is declined, like any other layout, and then what is wrong is
// said by hyparquet, in a process of its own (parquet-process).

import { crc32 } from 'node:zlib';
import { type RowGroupChunk, rowsOf } from './chunk.js';
import { withoutMark } from './document.js';
import type { PageMemory } from './page-memory.js';
import { columnBytes, MAX_BYTES, type TextColumn, textColumn } from './parquet-column.js';
import { Cursor, type PageHeader, readPageHeader, Unfamiliar } from './parquet-header.js';
import { dictionaryTexts, passFullLevels, plainTexts } from './parquet-values.js';
import { ShardError } from './shard-error.js';

// Numbers of encodings (parquet.thrift).
const PLAIN = 0;
const RUNS = 3;
const BY_DICTIONARY = [2, 8];
const OF_DICTIONARY = [PLAIN, 2];

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
  try {
    const column = textColumn(chunk, textKey);
    const bytes = await columnBytes(chunk, column, memory);
    const pages = new Pages(column, memory);
    const cursor = new Cursor(bytes);
    while (!cursor.isAtEnd) {
      const header = readPageHeader(cursor);
      const stored = cursor.take(header.compressedSize);
      if (!chunk.trusted) checkCrc(header, stored, chunk);
      pages.add(header, stored);
    }
    return pages.finish().map(withoutMark);
  } catch (error) {
    if (error instanceof Unfamiliar) return undefined;
    throw error;
  }
}

/** The pages of a column, one after another. Its methods throw Unfamiliar. */
class Pages {
  readonly #column: TextColumn;
  readonly #memory: PageMemory;
  readonly #texts: Uint8Array[] = [];
  #dictionary: Uint8Array[] | undefined;
  #room: number;

  constructor(column: TextColumn, memory: PageMemory) {
    this.#column = column;
    this.#memory = memory;
    this.#room = column.uncompressedLength;
  }

  add(header: PageHeader, stored: Uint8Array): void {
    this.#room -= header.uncompressedSize;
    if (this.#room < 0) throw new Unfamiliar('larger pages than their column');
    if (header.kind === 'index') return;
    if (this.#texts.length + header.values > this.#column.rows)
      throw new Unfamiliar('more values than rows');
    const cursor = new Cursor(this.#values(header, stored));
    if (header.kind === 'dictionary') this.#setDictionary(header, cursor);
    else this.#readTexts(header, cursor);
  }

  finish(): Uint8Array[] {
    const texts = this.#texts;
    if (texts.length !== this.#column.rows) throw new Unfamiliar('fewer values than rows');
    // a dictionary's texts may be repeated, but not without an end
    const size = texts.reduce((sum, { length }) => sum + length, 0);
    if (size > MAX_BYTES) throw new Unfamiliar(`${size} bytes of texts`);
    return texts;
  }

  /** The values of a page, and before them the levels of a page of version 1. */
  #values(header: Exclude<PageHeader, { kind: 'index' }>, stored: Uint8Array): Uint8Array {
    const levels = header.kind === 'data-2' ? this.#passLevels(header, stored) : 0;
    const isCompressed = this.#column.isSnappy && (header.kind !== 'data-2' || header.isCompressed);
    const length = header.uncompressedSize - levels;
    const values = stored.subarray(levels);
    const found = isCompressed ? this.#memory.uncompress(values, length) : values;
    if (found?.length !== length) throw new Unfamiliar('a page of another length');
    return found;
  }

  /** Bytes of the levels of a page of version 2. */
  #passLevels(
    { nulls, levelBytes, repetitionBytes, values }: Extract<PageHeader, { kind: 'data-2' }>,
    stored: Uint8Array,
  ): number {
    if (nulls > 0 || repetitionBytes > 0) throw new Unfamiliar('nulls or lists');
    const levels = new Cursor(stored).take(levelBytes);
    if (this.#column.mayBeNull) passFullLevels(new Cursor(levels), values);
    else if (levelBytes > 0) throw new Unfamiliar('levels');
    return levelBytes;
  }

  #setDictionary({ values, encoding }: { values: number; encoding: number }, cursor: Cursor): void {
    const isFirst = this.#dictionary === undefined && this.#texts.length === 0;
    if (!isFirst || !OF_DICTIONARY.includes(encoding)) throw new Unfamiliar('another dictionary');
    this.#dictionary = plainTexts(cursor, values, []);
  }

  #readTexts(
    header: Extract<PageHeader, { kind: 'data' } | { kind: 'data-2' }>,
    cursor: Cursor,
  ): void {
    const { kind, values, encoding } = header;
    if (kind === 'data' && this.#column.mayBeNull) {
      if (header.levelEncoding !== RUNS) throw new Unfamiliar('other levels');
      passFullLevels(new Cursor(cursor.take(cursor.littleEndian(4))), values);
    }
    if (encoding === PLAIN) plainTexts(cursor, values, this.#texts);
    else if (BY_DICTIONARY.includes(encoding))
      dictionaryTexts(cursor, values, this.#dictionary ?? [], this.#texts);
    else throw new Unfamiliar(`encoding ${encoding}`);
  }
}

function checkCrc({ crc }: PageHeader, stored: Uint8Array, chunk: RowGroupChunk): void {
  if (crc === undefined) return;
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const [found, expected] = [crc32(stored), crc].map(hex);
  if (found === expected) return;
  throw new ShardError(
    `${rowsOf(chunk)} are damaged: found a page of CRC-32 ${found}, expected ${expected}.\nCopy or download the file again.`,
    { code: 'damaged', file: chunk.name, found: `${found}`, expected: `${expected}` },
  );
}
