// What a stream of bytes is, by its first bytes and never by its name, and the bytes inside.
//
// Order of the tests matters: a zip marker, say, may stand at the start of an xz member by chance in no case,
// but a text may look like anything; so strong magic numbers come first, text last.

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ByteReader, type ByteStream } from './byte-reader.js';
import { ShardError } from './shard-error.js';
import { isTarHeader } from './tar-headers.js';
import { isTfRecordStart } from './tfrecord-start.js';
import { xzBytes } from './xz.js';
import { zstdBytes } from './zstd.js';

export type ByteForm =
  | 'xz'
  | 'zstd'
  | 'gzip'
  | 'tar'
  | 'parquet'
  | 'arrow-stream'
  | 'arrow-file'
  | 'tfrecord'
  | 'json-lines'
  | 'text'
  | 'empty'
  | 'unknown';

/** Bytes that {@link sniff} wants to see, if there are so many. */
export const SNIFF_BYTES = 512;

const COMPRESSED: readonly ByteForm[] = ['xz', 'zstd', 'gzip'];

/** More than this many bytes out for a byte in, over the first 64 MiB, is no text but a bomb. */
const MAX_RATIO = 400;
const FREE_BYTES = 64 << 20;

/** The form of bytes that start like this. */
export function sniff(bytes: Uint8Array): ByteForm {
  if (bytes.length === 0) return 'empty';
  if (startsWith(bytes, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])) return 'xz';
  if (startsWith(bytes, [0x28, 0xb5, 0x2f, 0xfd])) return 'zstd';
  if (startsWith(bytes.subarray(1), [0x2a, 0x4d, 0x18]) && (bytes[0] ?? 0) >>> 4 === 5)
    return 'zstd';
  if (startsWith(bytes, [0x1f, 0x8b, 8])) return 'gzip';
  if (isTarHeader(bytes)) return 'tar';
  if (startsWith(bytes, [0x50, 0x41, 0x52, 0x31])) return 'parquet';
  if (startsWith(bytes, [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31])) return 'arrow-file';
  if (startsWith(bytes, [255, 255, 255, 255]) && (bytes[7] ?? 1) === 0) return 'arrow-stream';
  if (isTfRecordStart(bytes)) return 'tfrecord';
  return sniffText(bytes);
}

function sniffText(bytes: Uint8Array): ByteForm {
  const text = new TextDecoder().decode(bytes);
  // A character may be cut at the end of the sample, and a stray wrong byte is no reason to refuse a text.
  let wrong = 0;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code < 9 || (code > 13 && code < 27) || code === 0xfffd) wrong++;
  }
  if (wrong > text.length / 50) return 'unknown';
  return /^\s*(?:\{\s*"|"(?:[^"\\]|\\.)*"\s*(?:\n|$)|"(?:[^"\\\n]|\\.)*$)/.test(text)
    ? 'json-lines'
    : 'text';
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** A stream with all compression taken off: its form, and its bytes. */
export interface Uncovered {
  readonly form: ByteForm;
  /** Compressions taken off, outermost first. */
  readonly layers: readonly ByteForm[];
  readonly bytes: AsyncGenerator<Uint8Array>;
  /** Lets go of file and decoder, also where no byte was asked for: a generator that never began has no end either. */
  close(): Promise<void>;
}

/** Looks under every layer of xz, zstd and gzip. */
export async function uncover(stream: ByteStream, name: string): Promise<Uncovered> {
  let bytes: AsyncGenerator<Uint8Array> = (async function* () {
    yield* stream;
  })();
  const layers: ByteForm[] = [];
  for (;;) {
    const peeked = await peek(bytes);
    const form = sniff(peeked.start);
    if (!COMPRESSED.includes(form))
      return { form, layers, bytes: peeked.bytes, close: () => peeked.reader.close() };
    if (layers.length === 3)
      throw new ShardError(`${name} is refused: compressed more than three times over.`, {
        code: 'refused',
        file: name,
      });
    layers.push(form);
    bytes = decompress(peeked.bytes, form, name);
  }
}

/** The first bytes of a stream, and the whole stream again. */
async function peek(
  bytes: AsyncGenerator<Uint8Array>,
): Promise<{ start: Uint8Array; reader: ByteReader; bytes: AsyncGenerator<Uint8Array> }> {
  const reader = new ByteReader(bytes);
  const start = await reader.exactly(SNIFF_BYTES);
  return {
    start,
    reader,
    bytes: (async function* () {
      try {
        if (start.length > 0) yield start;
        yield* reader.rest();
      } finally {
        await reader.close();
      }
    })(),
  };
}

async function* decompress(
  stream: AsyncGenerator<Uint8Array>,
  form: ByteForm,
  name: string,
): AsyncGenerator<Uint8Array> {
  let input = 0;
  let output = 0;
  const counted = (async function* () {
    for await (const piece of stream) {
      input += piece.length;
      yield piece;
    }
  })();
  const decoder = form === 'xz' ? xzBytes : form === 'zstd' ? zstdBytes : gzipBytes;
  for await (const piece of decoder(counted, name)) {
    output += piece.length;
    if (output > FREE_BYTES && output > MAX_RATIO * input)
      throw new ShardError(
        `${name} is refused: ${input} bytes grew to ${output}, expected at most ${MAX_RATIO} bytes out for one in.\n` +
          'No text compresses so well: the file is a decompression bomb, or not a corpus.',
        { code: 'refused', file: name, found: `${output}`, expected: `${MAX_RATIO * input}` },
      );
    yield piece;
  }
}

async function* gzipBytes(stream: ByteStream, name: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const source = Readable.from(stream);
  source.on('error', (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (error instanceof ShardError) throw error;
    throw new ShardError(
      `${name} is damaged: found ${String(error)}, expected a whole gzip file.\nCopy or download it again.`,
      { code: 'damaged', file: name, found: String(error), expected: 'a whole gzip file' },
      error,
    );
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}
