// Pickles and zip files put together by hand, for tests with hostile files.

import { crc32 } from 'node:zlib';

type Piece = string | number | Uint8Array;

/** Joins bytes: numbers are single bytes, text is Latin-1. */
export function bytes(...pieces: Piece[]): Uint8Array {
  return Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === 'string') return Buffer.from(piece, 'latin1');
      return typeof piece === 'number' ? Buffer.of(piece) : piece;
    }),
  );
}

export function le(value: number, width: number): Uint8Array {
  const out = Buffer.alloc(width);
  if (width === 8) out.writeBigInt64LE(BigInt(value));
  else out.writeIntLE(value, 0, width);
  return out;
}

/** Opcodes, in the notation of Python's pickletools. */
export const op = {
  proto: (version = 2): Uint8Array => bytes(0x80, version),
  text: (text: string): Uint8Array => bytes('X', le(Buffer.byteLength(text), 4), Buffer.from(text)),
  int: (value: number): Uint8Array => bytes('J', le(value, 4)),
  long: (value: number): Uint8Array => bytes(0x8a, 8, le(value, 8)),
  global: (module: string, name: string): Uint8Array => bytes(`c${module}\n${name}\n`),
  tuple: (...items: Piece[]): Uint8Array => bytes('(', ...items, 't'),
  dict: (...items: Piece[]): Uint8Array => bytes('}(', ...items, 'u'),
  list: (...items: Piece[]): Uint8Array => bytes('](', ...items, 'e'),
  reduce: (callee: Piece, args: Piece): Uint8Array => bytes(callee, args, 'R'),
  stop: '.',
};

/** A float32 storage, as a persistent id. */
export function storage(key: string, length: number, type = 'FloatStorage'): Uint8Array {
  const id = op.tuple(
    op.text('storage'),
    op.global('torch', type),
    op.text(key),
    op.text('cpu'),
    op.int(length),
  );
  return bytes(id, 'Q');
}

/** A tensor over a storage. */
export function tensor(
  from: Uint8Array,
  offset: number,
  shape: number[],
  strides: number[],
): Uint8Array {
  const sizes = (values: number[]): Uint8Array => op.tuple(...values.map((v) => op.long(v)));
  const hooks = op.reduce(op.global('collections', 'OrderedDict'), ')');
  return op.reduce(
    op.global('torch._utils', '_rebuild_tensor_v2'),
    op.tuple(from, op.long(offset), sizes(shape), sizes(strides), 0x89, hooks),
  );
}

/** A whole pickle of these operations. */
export function pickle(...pieces: Piece[]): Uint8Array {
  return bytes(op.proto(), ...pieces, op.stop);
}

/** The old layout around the pickle of a state dict, with `storages` by key behind it. */
export function legacyFile(
  state: Uint8Array,
  storages: Record<string, Float32Array> = {},
  system: Uint8Array = op.dict(op.text('little_endian'), 0x88),
): Uint8Array {
  const keys = Object.keys(storages);
  return bytes(
    op.proto(),
    0x8a,
    10,
    Buffer.from('6cfc9c46f9206aa85019', 'hex'),
    op.stop,
    op.proto(),
    'M',
    le(1001, 2),
    op.stop,
    op.proto(),
    system,
    op.stop,
    state,
    op.proto(),
    op.list(...keys.map(op.text)),
    op.stop,
    ...Object.values(storages).flatMap((values) => [
      le(values.length, 8),
      new Uint8Array(values.buffer),
    ]),
  );
}

export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  /** Deviations from a well-formed member. */
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly mode?: number;
  readonly size?: number;
  readonly localName?: string;
  readonly offset?: number;
}

/** A zip file of stored members. */
export function zipFile(
  members: readonly Member[],
  tail: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const {
    name,
    content,
    crc = crc32(content),
    method = 0,
    flags = 0,
    mode = 0,
    size = content.length,
    localName = name,
    offset = at,
  } of members) {
    const shared = bytes(
      le(flags, 2),
      le(method, 2),
      le(0, 4),
      le(crc | 0, 4),
      le(size, 4),
      le(size, 4),
    );
    const local = bytes(
      'PK',
      3,
      4,
      le(20, 2),
      shared,
      le(localName.length, 2),
      le(0, 2),
      localName,
      content,
    );
    directory.push(
      bytes(
        'PK',
        1,
        2,
        le(0, 2),
        le(20, 2),
        shared,
        le(name.length, 2),
        le(0, 4),
        le(0, 4),
        le(0, 2),
        new Uint8Array(Uint16Array.of(mode).buffer),
        le(offset, 4),
        name,
      ),
    );
    parts.push(local);
    at += local.length;
  }
  const all = bytes(...directory);
  const end = bytes(
    'PK',
    5,
    6,
    le(0, 4),
    le(members.length, 2),
    le(members.length, 2),
    le(all.length, 4),
    le(at, 4),
    le(0, 2),
  );
  return bytes(...parts, all, end, tail);
}
