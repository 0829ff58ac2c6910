// The datasets of an HDF5 file as h5py and Keras write them: which array lies where.
//
// HDF5 File Format Specification 3.0, the old and default subset: superblock 0, groups by B-tree and local heap,
// version 1 object headers, contiguous or compact data of numbers, little-endian. No filters, chunks, links to other
// files, or user-defined types: weights do not need them. Each structure is visited at most once, so that links in a
// circle end, and nothing is read beyond the file.

import type { ByteSource } from './byte-source.js';
import { CheckpointError } from './checkpoint-error.js';
import { type Dtype, dtypeBytes } from './dtype.js';
import { elementCount, type TensorInfo } from './weights.js';

const SIGNATURE = '\x89HDF\r\n\x1a\n';
const SUPERBLOCK_BYTES = 96;
const UNDEFINED = 0xffffffffffffffffn;
const MAX_DEPTH = 32;
const MAX_HEAP = 1 << 24;
const MAX_NAME = 4096;
const SYMBOL_BYTES = 40;

const MESSAGE = {
  dataspace: 0x01,
  datatype: 0x03,
  external: 0x07,
  layout: 0x08,
  filters: 0x0b,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

export interface Hdf5Dataset extends TensorInfo {
  /** Names from the root, without slashes. */
  readonly path: readonly string[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Finds all datasets, in the order of the groups' names.
 *
 * @throws CheckpointError `bad-hdf5` for damage and for everything outside of the subset, naming it
 */
export async function readDatasets(bytes: ByteSource): Promise<Hdf5Dataset[]> {
  const superblock = view(await bytes.read(0, Math.min(SUPERBLOCK_BYTES, bytes.byteLength)));
  const signature = Buffer.from(superblock.buffer, superblock.byteOffset, superblock.byteLength);
  if (!signature.toString('latin1').startsWith(SIGNATURE)) {
    throw new CheckpointError(
      'unknown-format',
      `${bytes.path} is no HDF5 file.\nCheck that the download is complete and is not a pointer or an error page.`,
    );
  }
  if (superblock.byteLength < SUPERBLOCK_BYTES) throw fault(bytes, 'it ends inside its superblock');
  if (superblock.getUint8(8) !== 0) {
    throw fault(bytes, `superblock version ${superblock.getUint8(8)}, expected 0`);
  }
  if (superblock.getUint8(13) !== 8 || superblock.getUint8(14) !== 8) {
    throw fault(bytes, 'its addresses are not of 8 bytes');
  }
  if (superblock.getBigUint64(24, true) !== 0n) throw fault(bytes, 'it does not begin at byte 0');
  const walk: Walk = {
    bytes,
    visited: new Set(),
    heaps: new Map(),
    found: [],
    budget: 2 * bytes.byteLength,
  };
  await visitObject(walk, address(walk, superblock, 64), []);
  const total = walk.found.reduce((sum, { begin, end }) => sum + end - begin, 0);
  if (total > bytes.byteLength) throw fault(bytes, 'its datasets share bytes');
  return walk.found;
}

interface Walk {
  readonly bytes: ByteSource;
  /** Addresses of everything seen. */
  readonly visited: Set<number>;
  readonly heaps: Map<number, Uint8Array>;
  readonly found: Hdf5Dataset[];
  /** Bytes of structures that may still be read: they do not overlap in an honest file. */
  budget: number;
}

interface Message {
  readonly type: number;
  readonly content: DataView;
  /** Where the content lies in the file. */
  readonly at: number;
}

async function visitObject(walk: Walk, at: number, path: readonly string[]): Promise<void> {
  if (path.length > MAX_DEPTH) throw fault(walk.bytes, 'its groups are nested too deep');
  const messages = await readHeader(walk, at);
  const table = messages.find(({ type }) => type === MESSAGE.symbolTable);
  if (!table) {
    walk.found.push(datasetOf(walk, messages, path));
    return;
  }
  if (table.content.byteLength < 16) throw fault(walk.bytes, 'a group is damaged');
  const tree = address(walk, table.content, 0);
  const heap = await readHeap(walk, address(walk, table.content, 8));
  await visitTree(walk, tree, heap, path, 0);
}

// Object header version 1: messages, possibly continued elsewhere.
async function readHeader(walk: Walk, at: number): Promise<Message[]> {
  once(walk, at);
  const prefix = view(await range(walk, at, 16));
  if (prefix.getUint8(0) !== 1) {
    throw fault(walk.bytes, `object header version ${prefix.getUint8(0)}, expected 1`);
  }
  const messages: Message[] = [];
  const blocks = [{ begin: at + 16, length: prefix.getUint32(8, true) }];
  for (const { begin, length } of blocks) {
    const block = view(await range(walk, begin, length));
    for (let offset = 0; offset + 8 <= length; ) {
      const type = block.getUint16(offset, true);
      const size = block.getUint16(offset + 2, true);
      const flags = block.getUint8(offset + 4);
      if (offset + 8 + size > length) throw fault(walk.bytes, 'an object header is damaged');
      if (flags & 2 && type !== 0) throw fault(walk.bytes, 'it shares header messages');
      const content = new DataView(block.buffer, block.byteOffset + offset + 8, size);
      if (type === MESSAGE.continuation) {
        if (size < 16) throw fault(walk.bytes, 'an object header is damaged');
        const next = address(walk, content, 0);
        once(walk, next);
        blocks.push({ begin: next, length: natural(walk, content, 8) });
      } else {
        messages.push({ type, content, at: begin + offset + 8 });
      }
      offset += 8 + size;
    }
  }
  return messages;
}

async function visitTree(
  walk: Walk,
  at: number,
  heap: Uint8Array,
  path: readonly string[],
  depth: number,
): Promise<void> {
  once(walk, at);
  const head = view(await range(walk, at, 24));
  if (signatureOf(head) !== 'TREE' || head.getUint8(4) !== 0 || depth > MAX_DEPTH) {
    throw fault(walk.bytes, 'the tree of a group is damaged');
  }
  const level = head.getUint8(5);
  const count = head.getUint16(6, true);
  const entries = view(await range(walk, at + 24, count * 16 + 8)); // key, child, …, key
  for (let i = 0; i < count; i++) {
    const child = address(walk, entries, i * 16 + 8);
    if (level > 0) await visitTree(walk, child, heap, path, depth + 1);
    else await visitSymbols(walk, child, heap, path);
  }
}

async function visitSymbols(
  walk: Walk,
  at: number,
  heap: Uint8Array,
  path: readonly string[],
): Promise<void> {
  once(walk, at);
  const head = view(await range(walk, at, 8));
  if (signatureOf(head) !== 'SNOD') throw fault(walk.bytes, 'the members of a group are damaged');
  const count = head.getUint16(6, true);
  const symbols = view(await range(walk, at + 8, count * SYMBOL_BYTES));
  for (let i = 0; i < count; i++) {
    const name = nameAt(walk, heap, natural(walk, symbols, i * SYMBOL_BYTES));
    if (symbols.getUint32(i * SYMBOL_BYTES + 16, true) > 1) {
      throw fault(walk.bytes, `"${[...path, name].join('/')}" is a link`);
    }
    await visitObject(walk, address(walk, symbols, i * SYMBOL_BYTES + 8), [...path, name]);
  }
}

async function readHeap(walk: Walk, at: number): Promise<Uint8Array> {
  const known = walk.heaps.get(at);
  if (known) return known;
  const head = view(await range(walk, at, 32));
  if (signatureOf(head) !== 'HEAP') throw fault(walk.bytes, 'the names of a group are damaged');
  const size = natural(walk, head, 8);
  if (size > MAX_HEAP) throw fault(walk.bytes, `the names of a group claim ${size} bytes`);
  const heap = await range(walk, address(walk, head, 24), size);
  walk.heaps.set(at, heap);
  return heap;
}

function nameAt(walk: Walk, heap: Uint8Array, offset: number): string {
  const end = heap.indexOf(0, offset);
  if (offset >= heap.length || end < 0 || end === offset || end - offset > MAX_NAME) {
    throw fault(walk.bytes, 'a name in a group is damaged');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      heap.subarray(offset, end),
    );
  } catch {
    throw fault(walk.bytes, 'a name in a group is not UTF-8');
  }
}

function datasetOf(walk: Walk, messages: Message[], path: readonly string[]): Hdf5Dataset {
  const name = path.join('/');
  const only = (type: number): Message => {
    const found = messages.filter((message) => message.type === type);
    if (found.length === 1) return found[0];
    throw fault(walk.bytes, `"${name}" is neither a group nor an array`);
  };
  const has = (type: number): boolean => messages.some((message) => message.type === type);
  if (has(MESSAGE.filters)) throw fault(walk.bytes, `"${name}" is compressed or filtered`);
  if (has(MESSAGE.external)) throw fault(walk.bytes, `"${name}" lies in another file`);
  const shape = shapeOf(walk, only(MESSAGE.dataspace).content, name);
  const dtype = dtypeOf(walk, only(MESSAGE.datatype).content, name);
  const expected = elementCount(shape) * dtypeBytes(dtype);
  const { begin, length } = placeOf(walk, only(MESSAGE.layout), name, expected);
  if (length !== expected || begin + length > walk.bytes.byteLength) {
    const sizes = `takes ${expected} bytes, its place has ${length} at byte ${begin}`;
    throw fault(walk.bytes, `"${name}" ${dtype} [${shape.join(', ')}] ${sizes}`);
  }
  return { path, shape, dtype, begin, end: begin + length };
}

// Messages come in any length; the fields that are read must lie inside.
function holds(walk: Walk, message: DataView, length: number, name: string): void {
  if (message.byteLength < length) {
    throw fault(walk.bytes, `the description of "${name}" is damaged`);
  }
}

function shapeOf(walk: Walk, space: DataView, name: string): number[] {
  holds(walk, space, 4, name);
  const version = space.getUint8(0);
  const rank = space.getUint8(1);
  if (version !== 1 && version !== 2) {
    throw fault(walk.bytes, `"${name}" has a dataspace of version ${version}`);
  }
  if (version === 2 && space.getUint8(3) > 1) throw fault(walk.bytes, `"${name}" has no values`);
  const first = version === 1 ? 8 : 4;
  holds(walk, space, first + rank * 8, name);
  return Array.from({ length: rank }, (_, axis) => natural(walk, space, first + axis * 8));
}

// Floats by where their exponent and fraction lie; integers by size and sign.
function dtypeOf(walk: Walk, type: DataView, name: string): Dtype {
  holds(walk, type, 12, name);
  const kind = type.getUint8(0) & 15;
  const bits = type.getUint8(1);
  const size = type.getUint32(4, true);
  if (kind <= 1 && bits & 1) throw fault(walk.bytes, `"${name}" is big-endian`);
  if (kind === 1 && type.getUint16(8, true) === 0) {
    holds(walk, type, 20, name);
    const form = [type.getUint8(12), type.getUint8(13), type.getUint8(14), type.getUint8(15)];
    const key = `${size}:${form.join(',')}:${type.getUint32(16, true)}`;
    if (key === '4:23,8,0,23:127') return 'F32';
    if (key === '2:10,5,0,10:15') return 'F16';
    if (key === '2:7,8,0,7:127') return 'BF16';
    if (key === '8:52,11,0,52:1023') return 'F64';
  }
  if (kind === 0 && type.getUint16(8, true) === 0 && type.getUint16(10, true) === size * 8) {
    const signed = (bits & 8) !== 0;
    if (size === 8) return signed ? 'I64' : 'U64';
    if (size === 4) return signed ? 'I32' : 'U32';
    if (size === 2) return signed ? 'I16' : 'U16';
    if (size === 1) return signed ? 'I8' : 'U8';
  }
  throw fault(walk.bytes, `"${name}" has elements of class ${kind} and ${size} bytes, no numbers`);
}

function placeOf(
  walk: Walk,
  { content, at }: Message,
  name: string,
  expected: number,
): { begin: number; length: number } {
  holds(walk, content, 4, name);
  const version = content.getUint8(0);
  const kind = content.getUint8(1);
  if (version !== 3 || kind > 1) {
    const how = kind === 2 ? 'in chunks' : `by layout version ${version}`;
    throw fault(walk.bytes, `"${name}" is stored ${how}, expected as one piece`);
  }
  if (kind === 0) {
    const length = content.getUint16(2, true);
    if (4 + length > content.byteLength) throw fault(walk.bytes, `"${name}" is damaged`);
    return { begin: at + 4, length };
  }
  holds(walk, content, 18, name);
  if (expected === 0 || content.getBigUint64(2, true) === UNDEFINED) return { begin: 0, length: 0 };
  return { begin: address(walk, content, 2), length: natural(walk, content, 10) };
}

function once(walk: Walk, at: number): void {
  if (walk.visited.has(at)) {
    throw fault(walk.bytes, `the structure at byte ${at} is reached twice: links in a circle`);
  }
  walk.visited.add(at);
}

async function range(walk: Walk, begin: number, length: number): Promise<Uint8Array> {
  if (begin + length > walk.bytes.byteLength) {
    throw fault(walk.bytes, `it ends at byte ${walk.bytes.byteLength}, inside a structure`);
  }
  walk.budget -= length;
  if (walk.budget < 0) throw fault(walk.bytes, 'its structures overlap');
  return walk.bytes.read(begin, begin + length);
}

function address(walk: Walk, from: DataView, offset: number): number {
  const value = natural(walk, from, offset);
  if (value >= walk.bytes.byteLength) {
    throw fault(walk.bytes, `it points to byte ${value} of ${walk.bytes.byteLength}`);
  }
  return value;
}

function natural(walk: Walk, from: DataView, offset: number): number {
  const value = Number(from.getBigUint64(offset, true));
  if (!Number.isSafeInteger(value)) throw fault(walk.bytes, `it holds a size of ${value}`);
  return value;
}

function signatureOf(head: DataView): string {
  return Buffer.from(head.buffer, head.byteOffset, 4).toString('latin1');
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function fault(bytes: ByteSource, what: string): CheckpointError {
  return new CheckpointError(
    'bad-hdf5',
    `cannot read ${bytes.path}: ${what}.\n` +
      'It is damaged, or was not written by Keras with its defaults; convert it in Python to safetensors.',
  );
}
