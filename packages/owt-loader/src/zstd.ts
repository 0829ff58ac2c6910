// zstd to bytes, frame by frame (RFC 8878).
//
// Decoders differ in what they pass over in silence: Node 22 and 24 stop after the first frame, return nothing
// when a skippable frame comes first, and take a cut file for a whole one; fzstd does not test checksums. So the
// frames are walked here: skippable ones passed over, each other one given to a fresh decoder, and its end, size
// and checksum tested. Node's own decoder is used where there is one (22.15), fzstd otherwise.

import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { ByteReader, type ByteStream } from './byte-reader.js';
import { ShardError } from './shard-error.js';
import { Xxh64 } from './xxh64.js';

const MAX_WINDOW = 1 << 27; // --long=27; more is refused, the window is held in memory
const PIECE = 1 << 16;

/** Decodes one frame: bytes in, bytes out. */
interface FrameDecoder {
  push(bytes: Uint8Array, last: boolean): Promise<Uint8Array[]>;
  /** Whether the decoder tests the content checksum itself. */
  readonly checks: boolean;
}

type NodeDecompress = (options?: object) => import('node:stream').Transform;

/**
 * Decompresses every frame of a zstd stream.
 *
 * @throws ShardError `damaged` for cut or changed data, `refused` for a window over 128 MiB
 */
export async function* zstdBytes(stream: ByteStream, name: string): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(stream);
  const hash = new Xxh64(); // for all frames: each has a memory of its own
  for (let frame = 0; ; frame++) {
    const start = reader.offset;
    const magic = await reader.exactly(4);
    if (magic.length === 0 && frame > 0) return;
    if (magic.length < 4) throw damagedZstd(name, start, `${magic.length} bytes`, 'a frame');
    const number = u32(magic, 0);
    if (number >>> 4 === 0x184d2a5) {
      const size = await reader.exactly(4);
      if (size.length < 4 || !(await reader.skip(u32(size, 0)))) throw cut(name, start);
    } else if (number === 0xfd2fb528) {
      yield* oneFrame(reader, name, start, magic, hash);
    } else {
      throw damagedZstd(name, start, 'bytes that are not zstd', 'a frame or the end');
    }
  }
}

async function* oneFrame(
  reader: ByteReader,
  name: string,
  start: number,
  magic: Uint8Array,
  unusedHash: Xxh64,
): AsyncGenerator<Uint8Array> {
  const { bytes: header, contentSize, hasChecksum } = await frameHeader(reader, name, start);
  const decoder = 'createZstdDecompress' in zlib ? nodeDecoder() : fzstdDecoder();
  const hash = hasChecksum && !decoder.checks ? unusedHash : undefined;
  let size = 0;
  const decode = async (bytes: Uint8Array, last = false): Promise<Uint8Array[]> => {
    const pieces = await decoder.push(bytes, last).catch((error: unknown) => {
      throw damagedZstd(
        name,
        start,
        `data that do not decode (${String(error)})`,
        'a frame',
        error,
      );
    });
    for (const piece of pieces) {
      size += piece.length;
      hash?.update(piece);
    }
    return pieces;
  };
  yield* await decode(Buffer.concat([magic, header]));
  for (let last = false; !last; ) {
    const blockHeader = await reader.exactly(3);
    if (blockHeader.length < 3) throw cut(name, start);
    const word =
      (blockHeader[0] ?? 0) | ((blockHeader[1] ?? 0) << 8) | ((blockHeader[2] ?? 0) << 16);
    last = (word & 1) === 1;
    const type = (word >>> 1) & 3;
    if (type === 3) throw damagedZstd(name, start, 'a block of reserved type', 'a frame');
    yield* await decode(blockHeader, last && !hasChecksum && type !== 1 && word >>> 3 === 0);
    let left = type === 1 ? 1 : word >>> 3; // a run-length block holds one byte
    while (left > 0) {
      const bytes = await reader.some(Math.min(left, PIECE));
      if (!bytes) throw cut(name, start);
      left -= bytes.length;
      yield* await decode(bytes, last && !hasChecksum && left === 0);
    }
  }
  if (hasChecksum) {
    const recorded = await reader.exactly(4);
    if (recorded.length < 4) throw cut(name, start);
    yield* await decode(recorded, true);
    if (hash) {
      const found = hash.digest().low;
      if (found !== u32(recorded, 0))
        throw damagedZstd(name, start, `content hash ${hex(found)}`, hex(u32(recorded, 0)));
    }
  }
  if (contentSize !== undefined && size !== contentSize)
    throw damagedZstd(name, start, `${size} bytes of content`, `${contentSize}`);
}

interface FrameHeader {
  readonly bytes: Uint8Array;
  readonly contentSize: number | undefined;
  readonly hasChecksum: boolean;
}

async function frameHeader(reader: ByteReader, name: string, start: number): Promise<FrameHeader> {
  const first = await reader.exactly(1);
  const descriptor = first[0] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeFlag = descriptor >>> 6;
  const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  const restLength = (single ? 0 : 1) + dictionaryBytes + sizeBytes;
  const rest = await reader.exactly(restLength);
  if (first.length + rest.length < 1 + restLength) throw cut(name, start);
  let contentSize: number | undefined;
  if (sizeBytes > 0) {
    contentSize = sizeBytes === 2 ? 256 : 0;
    const at = restLength - sizeBytes;
    for (let i = 0; i < sizeBytes; i++) contentSize += (rest[at + i] ?? 0) * 256 ** i;
  }
  const windowByte = rest[0] ?? 0;
  const windowBase = 2 ** (10 + (windowByte >>> 3));
  const window = single ? (contentSize ?? 0) : windowBase + (windowBase / 8) * (windowByte & 7);
  if (window > MAX_WINDOW)
    throw new ShardError(
      `${name} needs a window of ${window} bytes to be decompressed: expected at most ${MAX_WINDOW} (--long=27).\n` +
        'Compress it again with a smaller window.',
      { code: 'refused', file: name, found: `${window}`, expected: `at most ${MAX_WINDOW}` },
    );
  return { bytes: Buffer.concat([first, rest]), contentSize, hasChecksum: (descriptor & 4) !== 0 };
}

function fzstdDecoder(): FrameDecoder {
  let pieces: Uint8Array[] = [];
  const decoder = new Decompress((bytes) => {
    if (bytes.length > 0) pieces.push(bytes);
  });
  return {
    checks: false,
    async push(bytes, last) {
      // fzstd keeps views of its output window: each piece is copied before the next is decoded.
      decoder.push(bytes, last);
      const done = pieces.map((piece) => piece.slice());
      pieces = [];
      return done;
    },
  };
}

function nodeDecoder(): FrameDecoder {
  // Present from Node 22.15, absent from the types of Node 20.
  const create = (zlib as { createZstdDecompress?: NodeDecompress }).createZstdDecompress;
  const transform = create?.({
    params: { [(zlib.constants as Record<string, number>).ZSTD_d_windowLogMax ?? 100]: 27 },
  });
  let failure: Error | undefined;
  transform?.on('error', (error) => {
    failure = error;
  });
  const drain = (): Uint8Array[] => {
    const pieces: Uint8Array[] = [];
    for (let piece = transform?.read(); piece; piece = transform?.read()) pieces.push(piece);
    return pieces;
  };
  return {
    checks: true,
    async push(bytes, last) {
      const pieces: Uint8Array[] = [];
      await new Promise<void>((resolve, reject) => {
        transform?.once('error', reject);
        const take = (): void => void pieces.push(...drain());
        transform?.on('readable', take);
        const done = (): void => {
          transform?.off('error', reject);
          transform?.off('readable', take);
          resolve();
        };
        transform?.write(bytes, (error) => (error ? reject(error) : last ? undefined : done()));
        if (last) transform?.end().once('end', done);
        take();
      });
      pieces.push(...drain());
      if (failure) throw failure;
      return pieces;
    },
  };
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)) >>>
    0
  );
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function cut(name: string, start: number): ShardError {
  return damagedZstd(name, start, 'the end of the file inside the frame', 'a whole frame');
}

function damagedZstd(
  name: string,
  offset: number,
  found: string,
  expected: string,
  cause?: unknown,
): ShardError {
  return new ShardError(
    `${name}, zstd frame at byte ${offset}, is damaged: found ${found}, expected ${expected}.\n` +
      'Copy or download it again.',
    { code: 'damaged', file: name, offset, found, expected },
    cause,
  );
}
