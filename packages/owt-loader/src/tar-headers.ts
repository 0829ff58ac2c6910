// What the headers of a tar say: ustar, GNU long names and base-256 sizes, pax records.
//
// Archives come from strangers: links, devices, absolute names and names with ".." are refused.

import { ShardError } from './shard-error.js';

export const BLOCK = 512;
const MAX_EXTENSION = 1 << 20; // a long name or a pax header
const CHECKSUM = 148;

/** What follows a header: `size` bytes of a file, of a folder (normally none), or of an extension header. */
export interface TarStep {
  readonly kind: 'file' | 'folder' | 'extension' | 'end';
  readonly name: string;
  readonly size: number;
}

const END: TarStep = { kind: 'end', name: '', size: 0 };
const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a pipe',
  S: 'a sparse file',
};

/** Reads the headers of one archive in order; what an extension header says holds for the entry behind it. */
export class TarHeaders {
  readonly #archive: string;
  #longName: string | undefined;
  #pax: ReadonlyMap<string, string> = NONE;
  #wide: ReadonlyMap<string, string> = NONE;
  /** Type and place of the extension header whose body comes next. */
  #extension = { type: '', at: 0 };

  /** @param archive name for messages */
  constructor(archive: string) {
    this.#archive = archive;
  }

  /**
   * @param header the block at byte `at`, shorter only where the archive ends
   * @throws ShardError `damaged` for a broken header, `refused` for what an archive of texts must not hold
   */
  read(header: Buffer, at: number): TarStep {
    const archive = this.#archive;
    if (header.length < BLOCK) {
      const found = `the end after ${header.length} bytes`;
      throw brokenTar(archive, at, found, 'a header or the end mark');
    }
    if (header[0] === 0 && isZero(header)) return END;
    const expected = checksum(header);
    const found = octal(header, CHECKSUM, 8);
    if (expected !== found) {
      const right = `${expected} (not a tar, or damaged)`;
      throw brokenTar(archive, at, `header checksum ${found}`, right);
    }
    const type = String.fromCharCode(header[156] || 48);
    const headerSize =
      (header[124] ?? 0) & 0x80 ? base256(header, 124, 12) : octal(header, 124, 12);
    const headerName = nameOf(header);
    if (type === 'L' || type === 'K' || type === 'x' || type === 'g') {
      if (!(headerSize <= MAX_EXTENSION))
        throw refusedTar(archive, headerName, `an extension header of ${headerSize} bytes`);
      this.#extension = { type, at };
      return { kind: 'extension', name: headerName, size: headerSize };
    }
    const name = this.#pax.get('path') ?? this.#longName ?? this.#wide.get('path') ?? headerName;
    const size = this.#pax.has('size') ? Number(this.#pax.get('size')) : headerSize;
    this.#pax = NONE;
    this.#longName = undefined;
    if (!Number.isSafeInteger(size) || size < 0)
      throw brokenTar(archive, at, `size ${size} of "${name}"`, 'a number of bytes');
    if (LEAVES.test(name)) throw refusedTar(archive, name, 'a name that leaves the archive');
    if (type === '5' || (type === '0' && name.endsWith('/'))) return { kind: 'folder', name, size };
    if (type !== '0' && type !== '7')
      throw refusedTar(archive, name, KINDS[type] ?? `type "${type}"`);
    return { kind: 'file', name, size };
  }

  /** Takes the body of the extension header read last. */
  extend(body: Uint8Array): void {
    const { type, at } = this.#extension;
    if (type === 'L') this.#longName = text(body).replace(/\0.*$/s, '');
    if (type === 'x') this.#pax = parsePax(body, this.#archive, at);
    if (type === 'g') this.#wide = parsePax(body, this.#archive, at);
  }
}

/** Whether 512 bytes are a tar header: the magic may be absent in old archives, the checksum never is. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < BLOCK || header[0] === 0) return false;
  return isUstar(header) && checksum(header) === octal(header, CHECKSUM, 8);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function cutTar(archive: string, { name, size }: TarStep): ShardError {
  return brokenTar(archive, undefined, `the end inside "${name}"`, `${size} bytes of it`);
}

export function brokenTar(
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

function refusedTar(archive: string, name: string, found: string): ShardError {
  return new ShardError(
    `${archive} is refused: "${name}" is ${found}, expected regular files with plain names.\n` +
      'Unpack and check the archive by hand if you trust where it comes from.',
    { code: 'refused', file: archive, found, expected: 'a regular file' },
  );
}

const NONE: ReadonlyMap<string, string> = new Map();

/** An empty name, one with a zero byte, an absolute one, one with a part "..". */
const LEAVES = /^$|\0|^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/;

function isUstar(header: Uint8Array): boolean {
  return [117, 115, 116, 97, 114].every((byte, i) => header[257 + i] === byte);
}

function nameOf(header: Buffer): string {
  const name = field(header, 0, 100);
  const hasPrefix = header[345] !== 0 && isUstar(header) && header[262] === 0; // GNU has other fields there
  return hasPrefix ? `${field(header, 345, 155)}/${name}` : name;
}

function checksum(header: Uint8Array): number {
  let sum = 8 * 32; // the checksum field counts as spaces
  for (let i = 0; i < CHECKSUM; i++) sum += header[i] ?? 0;
  for (let i = CHECKSUM + 8; i < BLOCK; i++) sum += header[i] ?? 0;
  return sum;
}

/** Octal digits, spaces around them, up to a zero byte; 0 for none, NaN for anything else. */
function octal(header: Uint8Array, at: number, length: number): number {
  const end = at + length;
  let i = at;
  while (i < end && header[i] === 32) i++;
  let value = 0;
  for (; i < end && ((header[i] ?? 0) & 0xf8) === 48; i++)
    value = value * 8 + ((header[i] ?? 0) & 7);
  while (i < end && header[i] === 32) i++;
  return i === end || header[i] === 0 ? value : Number.NaN;
}

function base256(header: Uint8Array, at: number, length: number): number {
  let value = (header[at] ?? 0) & 0x7f;
  for (let i = 1; i < length; i++) value = value * 256 + (header[at + i] ?? 0);
  return value;
}

function field(header: Buffer, at: number, length: number): string {
  const zero = header.indexOf(0, at);
  return header.toString('utf8', at, zero < 0 ? at + length : Math.min(zero, at + length));
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
      throw brokenTar(archive, at, 'a malformed pax header', '"length key=value" records');
    records.set(text(record.subarray(0, equals)), text(record.subarray(equals + 1)));
    start += length;
  }
  return records;
}
