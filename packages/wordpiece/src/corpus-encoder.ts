// The path for corpora: UTF-8 in, ids of its lines out, without a string in between where possible.

import type { RaggedIds } from './batch-encoding.js';
import { fileSystem } from './folder.js';
import type { SequenceEncoder } from './sequence-encoder.js';

const CHUNK = 1 << 18;
const LINE_FEED = 10;

export interface EncodeBytesOptions {
  /** `uint16` takes half the memory and is possible up to 65,536 ids. Default `int32`. */
  readonly width?: 'uint16' | 'int32';
}

/**
 * Encodes each line of `bytes`, without special tokens, special tokens in it taken as text.
 *
 * Bytes that are no UTF-8 count as U+FFFD. A line feed at the very end does not start another line.
 */
export function encodeLines(
  sequences: SequenceEncoder,
  bytes: Uint8Array,
  isWide: boolean,
): RaggedIds {
  const collected = new Collector(bytes.length, isWide);
  for (let at = 0; at < bytes.length; ) {
    const end = lineEnd(bytes, Math.min(at + CHUNK, bytes.length));
    const chunk = wellFormed(bytes.subarray(at, end));
    const { ids, splits, rows } = sequences.encodeLines(chunk, isWide);
    collected.add(ids, splits, rows);
    at = end;
  }
  return collected.finish();
}

/** Cuts a stream of bytes into pieces of whole lines, each of about `size` bytes. */
export async function* wholeLines(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    const cut = part.lastIndexOf(LINE_FEED) + 1;
    if (length + part.length < size || cut === 0) {
      parts.push(part.slice());
      length += part.length;
      continue;
    }
    parts.push(part.slice(0, cut));
    yield joined(parts);
    parts = [part.slice(cut)];
    length = part.length - cut;
  }
  if (length > 0) yield joined(parts);
}

/** Bytes of a regular file; undefined for a pipe or a device, which can only be read from its start. */
export async function fileLength(path: string): Promise<number | undefined> {
  const status = await fileSystem().stat(path);
  return status.isFile() ? status.size : undefined;
}

/** The bytes of a file, a megabyte at a time. */
export async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await fileSystem().open(path);
  try {
    const buffer = new Uint8Array(1 << 20);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** The end of the line that holds the byte before `at`, or of the last whole line before it. */
function lineEnd(bytes: Uint8Array, at: number): number {
  if (at === bytes.length) return at;
  const before = bytes.subarray(at - CHUNK, at).lastIndexOf(LINE_FEED) + 1;
  if (before > 0) return at - CHUNK + before;
  const after = bytes.indexOf(LINE_FEED, at);
  return after < 0 ? bytes.length : after + 1;
}

/** The bytes, or their repaired copy if they are no UTF-8. */
function wellFormed(bytes: Uint8Array): Uint8Array {
  if (isUtf8(bytes)) return bytes;
  return new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
}

function isUtf8(bytes: Uint8Array): boolean {
  const buffer = globalThis.process?.getBuiltinModule?.('node:buffer');
  if (buffer) return buffer.isUtf8(bytes);
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Gathers the ids of many chunks. */
class Collector {
  #ids: Int32Array | Uint16Array;
  #length = 0;
  #splits = new Int32Array(1024);
  #rows = 0;

  constructor(bytes: number, isWide: boolean) {
    const guess = Math.ceil(bytes / 3) + 64;
    this.#ids = isWide ? new Int32Array(guess) : new Uint16Array(guess);
  }

  add(ids: Int32Array | Uint16Array, splits: ArrayLike<number>, rows: number): void {
    const count = splits[rows];
    if (this.#length + count > this.#ids.length) this.#grow(this.#length + count);
    this.#ids.set(ids.subarray(0, count), this.#length);
    if (this.#rows + rows + 1 > this.#splits.length) this.#growSplits(this.#rows + rows + 1);
    const target = this.#splits;
    for (let row = 1; row <= rows; row++) target[this.#rows + row] = this.#length + splits[row];
    this.#rows += rows;
    this.#length += count;
  }

  finish(): RaggedIds {
    return {
      ids: this.#ids.slice(0, this.#length),
      rowSplits: this.#splits.slice(0, this.#rows + 1),
    };
  }

  #growSplits(least: number): void {
    const splits = new Int32Array(Math.max(least, 2 * this.#splits.length));
    splits.set(this.#splits);
    this.#splits = splits;
  }

  #grow(least: number): void {
    const size = Math.max(least, Math.ceil(this.#ids.length * 1.5));
    const ids = this.#ids instanceof Int32Array ? new Int32Array(size) : new Uint16Array(size);
    ids.set(this.#ids);
    this.#ids = ids;
  }
}
