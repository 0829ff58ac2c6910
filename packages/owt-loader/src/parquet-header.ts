// The headers of Parquet pages: structs of Apache Thrift's compact protocol (thrift-compact-protocol.md), of which only
// whole numbers are kept (parquet.thrift, PageHeader).

export interface PageHeader {
  readonly kind: 'data' | 'data-2' | 'dictionary' | 'other';
  readonly uncompressedSize: number;
  readonly compressedSize: number;
  /** CRC-32 of the page as stored, where the writer gave one. */
  readonly crc?: number;
  readonly values: number;
  readonly encoding: number;
  /** Nulls, bytes of the levels before the values, and whether the values are compressed: pages of version 2. */
  readonly nulls: number;
  readonly levelBytes: number;
  readonly isCompressed: boolean;
}

/** Something that is not read here: another layout than the usual one, or damage. */
export class Unfamiliar extends Error {}

/** Numbers and structs by field; what else there is, is passed over. */
type Struct = Map<number, number | Struct>;

/** Structs in structs, statistics of pages among them. */
const MAX_DEPTH = 4;

/** Bytes read one after another; their end is unfamiliar. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Unfamiliar('an early end');
    return byte;
  }

  /** The next bytes, as a view. */
  take(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new Unfamiliar('an early end');
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
    return this.take(count).reduceRight((value, byte) => value * 256 + byte, 0);
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
  const whole = { ...sizes, nulls: 0, levelBytes: 0, isCompressed: true };
  switch (natural(header, 1)) {
    case 0: {
      const page = struct(5);
      return { kind: 'data', ...whole, values: natural(page, 1), encoding: natural(page, 2) };
    }
    case 2: {
      const page = struct(7);
      return { kind: 'dictionary', ...whole, values: natural(page, 1), encoding: natural(page, 2) };
    }
    case 3: {
      const page = struct(8);
      return {
        kind: 'data-2',
        ...sizes,
        values: natural(page, 1),
        nulls: natural(page, 2),
        encoding: natural(page, 4),
        levelBytes: natural(page, 5) + natural(page, 6),
        isCompressed: natural(page, 7, 1) === 1,
      };
    }
    default:
      return { kind: 'other', ...whole, values: 0, encoding: 0 };
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
    if (value !== undefined) struct.set(field, value);
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
