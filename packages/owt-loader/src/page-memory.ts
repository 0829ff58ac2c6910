// A WebAssembly memory for the pages of one row group: as they are stored, and behind them what snappy makes of them.

import { growTo, SLACK, type TextExports, textInstance } from './text-instance.js';

/** More is given back when the next group is smaller. */
const KEPT = 2 ** 26;

export class PageMemory {
  #exports: TextExports | undefined;
  /** Where the next page may be put. */
  #free = 0;

  /**
   * Room for the stored bytes of a group, in which they are to be put.
   *
   * @param uncompressed bytes that its pages may have together
   * @returns a view that ends, like all views of pages, with the next call
   */
  open(stored: number, uncompressed: number): Uint8Array {
    this.#exports ??= textInstance();
    const start = this.#exports.textStart();
    const size = start + stored + uncompressed + 2 * SLACK;
    if (this.#exports.memory.buffer.byteLength > Math.max(2 * size, KEPT))
      this.#exports = textInstance();
    const { memory } = this.#exports;
    growTo(memory, size);
    this.#free = start + stored + SLACK;
    return new Uint8Array(memory.buffer, start, stored);
  }

  /** What snappy makes of a part of the view that was opened; undefined if that is not `length` bytes, or there is no room. */
  uncompress(page: Uint8Array, length: number): Uint8Array | undefined {
    if (!this.#exports) return undefined;
    const { memory, uncompressSnappy } = this.#exports;
    const output = this.#free;
    const from = page.byteOffset;
    if (output + length + SLACK > memory.buffer.byteLength) return undefined;
    if (uncompressSnappy(from, from + page.length, output, length) === 0) return undefined;
    this.#free += length;
    return new Uint8Array(memory.buffer, output, length);
  }
}
