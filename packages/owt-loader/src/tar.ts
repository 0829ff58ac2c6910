// tar, strictly: a cut entry, a cut header, a wrong checksum or a missing end is an error (common readers let some
// of these pass in silence). Nothing is written to disk.

import type { ByteReader } from './byte-reader.js';
import { BLOCK, brokenTar, cutTar, isZero, TarHeaders } from './tar-headers.js';

export interface TarEntry {
  readonly name: string;
  readonly size: number;
  /** Where the body begins in the tar. */
  readonly offset: number;
  /** The body in pieces. What is not read is passed over when the next entry is asked for. */
  body(): AsyncGenerator<Uint8Array>;
}

/**
 * The files of a tar in order, as it streams in.
 *
 * @param archive name for messages
 * @throws ShardError `damaged` for a broken archive, `refused` for what an archive of texts must not hold
 */
export async function* tarEntries(reader: ByteReader, archive: string): AsyncGenerator<TarEntry> {
  const headers = new TarHeaders(archive);
  const base = reader.offset;
  for (;;) {
    const at = reader.offset - base;
    const step = headers.read(asBuffer(await reader.exactly(BLOCK)), at);
    if (step.kind === 'end') break;
    const { kind, name, size } = step;
    if (kind === 'extension') {
      const body = await reader.exactly(size);
      if (body.length < size || !(await reader.skip(padding(size)))) throw cutTar(archive, step);
      headers.extend(body);
      continue;
    }
    let left = size;
    if (kind === 'file') {
      const body = async function* (): AsyncGenerator<Uint8Array> {
        while (left > 0) {
          const bytes = await reader.some(left);
          if (!bytes) throw cutTar(archive, step);
          left -= bytes.length;
          yield bytes;
        }
      };
      yield { name, size, offset: reader.offset - base, body };
    }
    if (!(await reader.skip(left + padding(size)))) throw cutTar(archive, step);
    left = 0;
  }
  const end = reader.offset - base;
  const second = await reader.exactly(BLOCK);
  checkEnd(second, archive, end);
  for await (const bytes of reader.rest())
    checkZero(bytes, archive, reader.offset - base - bytes.length);
}

/** A file of a tar in memory: a view of its bytes. */
export interface TarFile {
  readonly name: string;
  readonly body: Uint8Array;
}

/** The same for a tar in memory, without a promise for each entry. */
export function* tarFiles(bytes: Uint8Array, archive: string): Generator<TarFile> {
  const headers = new TarHeaders(archive);
  const tar = asBuffer(bytes);
  let at = 0;
  for (;;) {
    const step = headers.read(tar.subarray(at, at + BLOCK), at);
    at += BLOCK;
    if (step.kind === 'end') break;
    const { kind, name, size } = step;
    if (at + size + padding(size) > tar.length) throw cutTar(archive, step);
    const body = tar.subarray(at, at + size);
    at += size + padding(size);
    if (kind === 'extension') headers.extend(body);
    if (kind === 'file') yield { name, body };
  }
  checkEnd(tar.subarray(at, at + BLOCK), archive, at);
  checkZero(tar.subarray(at + BLOCK), archive, at + BLOCK);
}

/** Bytes after a body up to the next block. */
function padding(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK - size;
}

/** After the first zero block: a second one, then nothing but zeros. */
function checkEnd(second: Uint8Array, archive: string, at: number): void {
  if (second.length < BLOCK)
    throw brokenTar(archive, at, `${second.length} bytes`, 'a second end block of 512 zeros');
  checkZero(second, archive, at);
}

function checkZero(bytes: Uint8Array, archive: string, at: number): void {
  if (!isZero(bytes)) throw brokenTar(archive, at, 'data after the end mark', 'zeros');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
