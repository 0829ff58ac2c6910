// tar, strictly: ustar, GNU long names and base-256 sizes, pax headers. A cut entry, a cut header, a wrong
// checksum or a missing end is an error (common readers let some of these pass in silence), and archives come
// from strangers: links, devices, absolute names and names with ".." are refused. Nothing is written to disk.

import type { ByteReader } from './byte-reader.js';
import { ShardError } from './shard-error.js';

const BLOCK = 512;
const MAX_EXTENSION = 1 << 20; // a long name or a pax header

export interface TarEntry {
  readonly name: string;
  readonly size: number;
  /** Where the body begins in the tar. */
  readonly offset: number;
  /** The body in pieces. What is not read is passed over when the next entry is asked for. */
  body(): AsyncGenerator<Uint8Array>;
}

/**
 * The files of a tar in order.
 *
 * @param archive name for messages
 * @throws ShardError `damaged` for a broken archive, `refused` for what an archive of texts must not hold
 */
export async function* tarEntries(reader: ByteReader, archive: string): AsyncGenerator<TarEntry> {
  let longName: string | undefined;
  let pax: Map<string, string> = new Map();
  let wide: Map<string, string> = new Map();
  const base = reader.offset;
  for (;;) {
    const at = reader.offset - base;
    const header = await reader.exactly(BLOCK);
    if (header.length < BLOCK)
      throw broken(archive, at, `the end after ${header.length} bytes`, 'a header or the end mark');
    if (header.every((byte) => byte === 0)) {
      await expectEnd(reader, archive);
      return;
    }
    const { type, size: headerSize, name: headerName } = parseHeader(header, archive, at);
    if (type === 'L' || type === 'K' || type === 'x' || type === 'g') {
      if (headerSize > MAX_EXTENSION)
        throw refused(archive, headerName, `an extension header of ${headerSize} bytes`);
      const bytes = await wholeBody(reader, headerSize, archive, headerName);
      if (type === 'L') longName = text(bytes).replace(/\0.*$/s, '');
      if (type === 'x') pax = parsePax(bytes, archive, at);
      if (type === 'g') wide = parsePax(bytes, archive, at);
      continue;
    }
    const name = pax.get('path') ?? longName ?? wide.get('path') ?? headerName;
    const size = pax.has('size') ? Number(pax.get('size')) : headerSize;
    pax = new Map();
    longName = undefined;
    if (!Number.isSafeInteger(size) || size < 0)
      throw broken(archive, at, `size ${size} of "${name}"`, 'a number of bytes');
    checkName(name, archive);
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    const isFolder = type === '5' || (type === '0' && name.endsWith('/'));
    if (isFolder) {
      if (!(await reader.skip(padded))) throw cut(archive, name, size);
      continue;
    }
    if (type !== '0' && type !== '7') throw refused(archive, name, KINDS[type] ?? `type "${type}"`);
    const offset = reader.offset - base;
    let left = size;
    const body = async function* (): AsyncGenerator<Uint8Array> {
      while (left > 0) {
        const bytes = await reader.some(left);
        if (!bytes) throw cut(archive, name, size);
        left -= bytes.length;
        yield bytes;
      }
    };
    yield { name, size, offset, body };
    if (!(await reader.skip(left + padded - size))) throw cut(archive, name, size);
    left = 0;
  }
}

/** Whether 512 bytes are a tar header: the magic may be absent in old archives, the checksum never is. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < BLOCK || header[0] === 0) return false;
  return text(header.subarray(257, 262)) === 'ustar' && checksum(header) === octal(header, 148, 8);
}

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a pipe',
  S: 'a sparse file',
};

interface Header {
  readonly type: string;
  readonly size: number;
  readonly name: string;
}

function parseHeader(header: Uint8Array, archive: string, at: number): Header {
  const expected = checksum(header);
  const found = octal(header, 148, 8);
  if (expected !== found)
    throw broken(archive, at, `header checksum ${found}`, `${expected} (not a tar, or damaged)`);
  const flag = header[156] ?? 0;
  const isUstar = text(header.subarray(257, 263)) === 'ustar\0';
  const prefix = isUstar ? field(header, 345, 155) : '';
  const name = field(header, 0, 100);
  return {
    type: flag === 0 ? '0' : String.fromCharCode(flag),
    size: (header[124] ?? 0) & 0x80 ? base256(header, 124, 12) : octal(header, 124, 12),
    name: prefix ? `${prefix}/${name}` : name,
  };
}

function checksum(header: Uint8Array): number {
  let sum = 8 * 32; // the checksum field counts as spaces
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i] ?? 0;
  return sum;
}

function octal(header: Uint8Array, at: number, length: number): number {
  const digits = field(header, at, length).trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function base256(header: Uint8Array, at: number, length: number): number {
  let value = (header[at] ?? 0) & 0x7f;
  for (let i = 1; i < length; i++) value = value * 256 + (header[at + i] ?? 0);
  return value;
}

function field(header: Uint8Array, at: number, length: number): string {
  const bytes = header.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return text(end < 0 ? bytes : bytes.subarray(0, end));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function parsePax(bytes: Uint8Array, archive: string, at: number): Map<string, string> {
  const records = new Map<string, string>();
  for (let start = 0; start < bytes.length; ) {
    const space = bytes.indexOf(32, start);
    const length = space < 0 ? 0 : Number(text(bytes.subarray(start, space)));
    const record = bytes.subarray(space + 1, start + length - 1);
    const equals = record.indexOf(61);
    if (!Number.isInteger(length) || length < 5 || start + length > bytes.length || equals < 1)
      throw broken(archive, at, 'a malformed pax header', '"length key=value" records');
    records.set(text(record.subarray(0, equals)), text(record.subarray(equals + 1)));
    start += length;
  }
  return records;
}

async function wholeBody(
  reader: ByteReader,
  size: number,
  archive: string,
  name: string,
): Promise<Uint8Array> {
  const bytes = await reader.exactly(size);
  if (bytes.length < size || !(await reader.skip(-size & (BLOCK - 1))))
    throw cut(archive, name, size);
  return bytes;
}

/** After the first zero block: a second one, then nothing but zeros. */
async function expectEnd(reader: ByteReader, archive: string): Promise<void> {
  const at = reader.offset;
  const second = await reader.exactly(BLOCK);
  if (second.length < BLOCK)
    throw broken(archive, at, `${second.length} bytes`, 'a second end block of 512 zeros');
  if (!second.every((byte) => byte === 0))
    throw broken(archive, at, 'data after the end mark', 'zeros');
  for await (const bytes of reader.rest())
    if (!bytes.every((byte) => byte === 0))
      throw broken(archive, reader.offset - bytes.length, 'data after the end mark', 'zeros');
}

function checkName(name: string, archive: string): void {
  const parts = name.split(/[/\\]/);
  if (
    name === '' ||
    name.includes('\0') ||
    parts.includes('..') ||
    /^(?:[/\\]|[A-Za-z]:)/.test(name)
  )
    throw refused(archive, name, 'a name that leaves the archive');
}

function cut(archive: string, name: string, size: number): ShardError {
  return broken(archive, undefined, `the end inside "${name}"`, `${size} bytes of it`);
}

function broken(
  archive: string,
  offset: number | undefined,
  found: string,
  expected: string,
): ShardError {
  const at = offset === undefined ? '' : ` at byte ${offset}`;
  return new ShardError(
    `${archive} is a damaged tar${at}: found ${found}, expected ${expected}.\nCopy or download it again.`,
    { code: 'damaged', file: archive, ...(offset !== undefined && { offset }), found, expected },
  );
}

function refused(archive: string, name: string, found: string): ShardError {
  return new ShardError(
    `${archive} is refused: "${name}" is ${found}, expected regular files with plain names.\n` +
      'Unpack and check the archive by hand if you trust where it comes from.',
    { code: 'refused', file: archive, found, expected: 'a regular file' },
  );
}
