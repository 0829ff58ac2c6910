// The headers of Parquet pages: structs of Apache Thrift's compact protocol (thrift-compact-protocol.md), of which only
// whole numbers are kept (parquet.thrift, PageHeader).

interface Sizes {
  readonly uncompressedSize: number;
  readonly compressedSize: number;
  /** CRC-32 of the page as stored, where the writer gave one. */
  readonly crc?: number;
}

interface Values extends Sizes {
  readonly values: number;
  readonly encoding: number;
}

export type PageHeader =
  /** Levels and values, compressed together. */
  | (Values & { readonly kind: 'data'; readonly levelEncoding: number })
  /** Levels of so many bytes, then the values, which may be compressed. */
  | (Values & {
      readonly kind: 'data-2';
      readonly nulls: number;
      readonly levelBytes: number;
      readonly repetitionBytes: number;
      readonly isCompressed: boolean;
    })
  | (Values & { readonly kind: 'dictionary' })
  | (Sizes & { readonly kind: 'index' });

/** Something that is not read here: another layout than the usual one, or damage. */
export class Unfamiliar extends Error {}

/** Numbers and structs by field; what else there is, is passed over. */
type Struct = Map<number, number | Struct>;

/** Structs in structs, statistics of pages among them. */
const MAX_DEPTH = 4;
/** The largest number of a field that is read. */
const LAST_FIELD = 8;

/** Bytes read one after another; their end is unfamiliar. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Unfamiliar('an early end');
    return byte;
  }

  /** The next bytes, as a view. */
  take(count: number): Uint8Array {
    const end = this.#at + count;
    if (!(count >= 0 && end <= this.#bytes.length)) throw new Unfamiliar('an early end');
    const view = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return view;
  }

  /** Seven bits a byte, the lowest first; numbers of more than 35 bits are unfamiliar. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new Unfamiliar('a number of more than 35 bits');
  }

  /** A number of so many bytes, at most four. */
  littleEndian(count: number): number {
    let value = 0;
    for (let scale = 1, i = 0; i < count; i++, scale *= 256) value += this.byte() * scale;
    return value;
  }
}

/** @throws Unfamiliar */
export function readPageHeader(cursor: Cursor): PageHeader {
  const header = readStruct(cursor, MAX_DEPTH);
  const natural = (from: Struct, field: number, otherwise?: number): number => {
    const value = from.get(field) ?? otherwise;
    if (typeof value === 'number' && value >= 0) return value;
    throw new Unfamiliar(`a page header with ${String(value)} in field ${field}`);
  };
  const struct = (field: number): Struct => {
    const value = header.get(field);
    if (value instanceof Map) return value;
    throw new Unfamiliar(`a page header without field ${field}`);
  };
  const crc = header.get(4);
  const sizes = {
    uncompressedSize: natural(header, 2),
    compressedSize: natural(header, 3),
    ...(typeof crc === 'number' && { crc: crc >>> 0 }),
  };
  const valuesOf = (page: Struct) => ({ values: natural(page, 1), encoding: natural(page, 2) });
  const type = natural(header, 1);
  switch (type) {
    case 0: {
      const page = struct(5);
      return { kind: 'data', ...sizes, ...valuesOf(page), levelEncoding: natural(page, 3) };
    }
    case 1:
      return { kind: 'index', ...sizes };
    case 2:
      return { kind: 'dictionary', ...sizes, ...valuesOf(struct(7)) };
    case 3: {
      const page = struct(8);
      return {
        kind: 'data-2',
        ...sizes,
        values: natural(page, 1),
        nulls: natural(page, 2),
        encoding: natural(page, 4),
        levelBytes: natural(page, 5),
        repetitionBytes: natural(page, 6),
        isCompressed: natural(page, 7, 1) === 1,
      };
    }
    default:
      throw new Unfamiliar(`a page of type ${type}`);
  }
}

function readStruct(cursor: Cursor, depth: number): Struct {
  if (depth === 0) throw new Unfamiliar('structs in structs');
  const struct: Struct = new Map();
  for (let field = 0; ; ) {
    const head = cursor.byte();
    if (head === 0) return struct;
    field = head >>> 4 === 0 ? zigzag(cursor.varint()) : field + (head >>> 4);
    const value = readValue(cursor, head & 15, depth);
    if (value !== undefined && field <= LAST_FIELD) struct.set(field, value);
  }
}

function readValue(cursor: Cursor, type: number, depth: number): number | Struct | undefined {
  switch (type) {
    case 1:
      return 1; // true
    case 2:
      return 0; // false
    case 4:
    case 5:
      return zigzag(cursor.varint());
    case 6:
      passVarint(cursor);
      return undefined;
    case 8:
      cursor.take(cursor.varint());
      return undefined;
    case 12:
      return readStruct(cursor, depth - 1);
    default:
      throw new Unfamiliar(`a field of type ${type}`);
  }
}

/** Signs are in the lowest bit. */
function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function passVarint(cursor: Cursor): void {
  while (cursor.byte() >= 128);
}
