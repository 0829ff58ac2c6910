// The members of a zip file that PyTorch wrote: stored, not compressed, each with its checksum.
//
// Names after APPNOTE.TXT 6.3. The directory comes from strangers. Refused: compression, encryption, links, names
// that leave the folder, equal names, members that overlap or reach into the directory, several disks, and any
// disagreement between the directory and the header before a member. Refusals after yauzl's test/failure.

import type { ByteSource } from './byte-source.js';
import { CheckpointError } from './checkpoint-error.js';

const END = 0x06054b50;
const END_BYTES = 22;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
const MAX_DIRECTORY = 10_000_000; // some 100,000 tensors
const LINK = 0o120000;

export interface ZipMember {
  readonly name: string;
  readonly crc32: number;
  /** Where its bytes begin in the file. */
  readonly begin: number;
  readonly byteLength: number;
}

/** Reads and checks the directory of a zip file: members by name. */
export async function readZipDirectory(bytes: ByteSource): Promise<Map<string, ZipMember>> {
  const { path } = bytes;
  const { count, offset, size } = await findDirectory(bytes);
  const directory = viewOf(await bytes.read(offset, offset + size));
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = readEntry(directory, at, path);
    at = next;
    const begin = await dataBegin(bytes, entry, offset);
    const { name, crc32, byteLength } = entry;
    if (members.has(name)) throw badZip(path, `two members are named "${name}"`);
    members.set(name, { name, crc32, begin, byteLength });
  }
  if (at !== size) throw badZip(path, `its directory has ${size - at} bytes too many`);
  checkOverlap([...members.values()], path);
  return members;
}

interface Entry {
  readonly name: string;
  readonly crc32: number;
  readonly byteLength: number;
  readonly localAt: number;
}

interface Directory {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
}

async function findDirectory(bytes: ByteSource): Promise<Directory> {
  const { path, byteLength } = bytes;
  const tailAt = Math.max(0, byteLength - END_BYTES - MAX_COMMENT);
  const tail = viewOf(await bytes.read(tailAt, byteLength));
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const found = await readEnd(bytes, tail, at, tailAt + at);
    const { count, offset, size } = found;
    if (offset + size > tailAt + at) throw badZip(path, 'its directory reaches beyond the file');
    if (size > MAX_DIRECTORY || count * ENTRY_BYTES > size) {
      throw badZip(path, `its directory claims ${count} members in ${size} bytes`);
    }
    return found;
  }
  throw new CheckpointError(
    'truncated',
    `${path} begins as a zip file, but its end is missing.\nCopy or download the file again.`,
  );
}

async function readEnd(
  bytes: ByteSource,
  tail: DataView,
  at: number,
  endAt: number,
): Promise<Directory> {
  const { path } = bytes;
  if (tail.getUint16(at + 4, true) !== 0 || tail.getUint16(at + 6, true) !== 0) {
    throw badZip(path, 'it is spread over several files');
  }
  const count = tail.getUint16(at + 10, true);
  const size = tail.getUint32(at + 12, true);
  const offset = tail.getUint32(at + 16, true);
  if (count !== tail.getUint16(at + 8, true)) throw badZip(path, 'it gives two member counts');
  if (count !== 0xffff && size !== 0xffffffff && offset !== 0xffffffff) {
    return { count, offset, size };
  }
  const locator = viewOf(await bytes.read(Math.max(0, endAt - 20), endAt));
  if (locator.byteLength < 20 || locator.getUint32(0, true) !== END64_LOCATOR) {
    return { count, offset, size };
  }
  const end64At = natural(locator, 8, path);
  if (end64At + 56 > endAt) throw badZip(path, 'its zip64 end is beyond the file');
  const end64 = viewOf(await bytes.read(end64At, end64At + 56));
  if (end64.getUint32(0, true) !== END64) throw badZip(path, 'its zip64 end is missing');
  return {
    count: natural(end64, 32, path),
    size: natural(end64, 40, path),
    offset: natural(end64, 48, path),
  };
}

function readEntry(view: DataView, at: number, path: string): { entry: Entry; next: number } {
  if (at + ENTRY_BYTES > view.byteLength || view.getUint32(at, true) !== ENTRY) {
    throw badZip(path, 'its directory is damaged');
  }
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const next = at + ENTRY_BYTES + nameLength + extraLength + view.getUint16(at + 32, true);
  if (next > view.byteLength) throw badZip(path, 'its directory is damaged');
  const name = memberName(view, at + ENTRY_BYTES, nameLength, path);
  if (flags & 0x2041) throw badZip(path, `"${name}" is encrypted`);
  if (method !== 0) throw badZip(path, `"${name}" is compressed; PyTorch stores without`);
  const mode = view.getUint16(at + 40, true); // upper half of the external attributes: Unix mode
  if ((mode & 0o170000) === LINK) throw badZip(path, `"${name}" is a link`);
  const extra = zip64Fields(view, at + ENTRY_BYTES + nameLength, extraLength, path);
  const field = (offset: number): number => {
    const value = view.getUint32(at + offset, true);
    return value === 0xffffffff ? (extra.shift() ?? value) : value;
  };
  const byteLength = field(24);
  const stored = field(20);
  const localAt = field(42);
  if (stored !== byteLength) throw badZip(path, `"${name}" is stored in another size than its own`);
  return { entry: { name, crc32: view.getUint32(at + 16, true), byteLength, localAt }, next };
}

// The sizes and offset that do not fit 32 bits, in the order: size, stored size, offset.
function zip64Fields(view: DataView, begin: number, length: number, path: string): number[] {
  const end = begin + length;
  for (let at = begin; at + 4 <= end; ) {
    const size = view.getUint16(at + 2, true);
    if (at + 4 + size > end) throw badZip(path, 'an extra field of its directory is damaged');
    if (view.getUint16(at, true) === 1) {
      const count = Math.min(3, Math.floor(size / 8));
      return Array.from({ length: count }, (_, i) => natural(view, at + 4 + i * 8, path));
    }
    at += 4 + size;
  }
  return [];
}

async function dataBegin(bytes: ByteSource, entry: Entry, directoryAt: number): Promise<number> {
  const { path } = bytes;
  const { name, localAt, byteLength } = entry;
  const damaged = (): CheckpointError => badZip(path, `the header of "${name}" is damaged`);
  if (localAt + LOCAL_BYTES > directoryAt) throw damaged();
  const nameBytes = Buffer.from(name);
  const local = viewOf(
    await bytes.read(localAt, Math.min(directoryAt, localAt + LOCAL_BYTES + nameBytes.length)),
  );
  if (local.getUint32(0, true) !== LOCAL) throw damaged();
  if (local.getUint16(8, true) !== 0 || local.getUint16(6, true) & 0x2041) throw damaged();
  const nameLength = local.getUint16(26, true);
  const localName = new Uint8Array(
    local.buffer,
    local.byteOffset + LOCAL_BYTES,
    local.byteLength - LOCAL_BYTES,
  );
  if (nameLength !== nameBytes.length || Buffer.compare(localName, nameBytes) !== 0) {
    throw badZip(path, `the header of "${name}" gives another name`);
  }
  const begin = localAt + LOCAL_BYTES + nameLength + local.getUint16(28, true);
  if (begin + byteLength > directoryAt) {
    throw badZip(path, `"${name}" reaches beyond the end of the data`);
  }
  return begin;
}

function memberName(view: DataView, begin: number, length: number, path: string): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + begin, length);
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badZip(path, 'the name of a member is not UTF-8');
  }
  const parts = name.split('/');
  if (/[\\\0:]/.test(name) || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw badZip(path, `a member is named ${JSON.stringify(name)}, which leaves its folder`);
  }
  return name;
}

function checkOverlap(members: ZipMember[], path: string): void {
  let end = 0;
  for (const member of members.sort((a, b) => a.begin - b.begin)) {
    const headerAt = member.begin - LOCAL_BYTES - Buffer.byteLength(member.name);
    if (headerAt < end) throw badZip(path, `"${member.name}" overlaps the member before it`);
    end = member.begin + member.byteLength;
  }
}

function natural(view: DataView, at: number, path: string): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw badZip(path, `it claims a size of ${value} bytes`);
  return value;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function badZip(path: string, what: string): CheckpointError {
  return new CheckpointError(
    'bad-zip',
    `cannot read ${path}: ${what}.\nThe file is damaged or was not written by torch.save.`,
  );
}
