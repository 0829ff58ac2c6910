// Rows of ids from many calls of an engine, put back to back. The room is kept from one result to the
// next: fresh memory has to be cleared by the system, page by page, and that costs a tenth of encoding.

import type { RaggedIds } from './batch-encoding.js';
import { enlarged } from './enlarged.js';
import type { RowIds } from './sequence-encoder.js';

/** Room for more ids or rows than this is given back after each result: as many as the largest share of a file has bytes. */
const KEPT = 1 << 23;

export class RowCollector {
  #wide: Int32Array = new Int32Array(0);
  #narrow: Uint16Array = new Uint16Array(0);
  #isWide = true;
  #length = 0;
  #splits = new Int32Array(1024);
  #rows = 0;

  /** Starts a result, of 32-bit or 16-bit ids, of so many bytes or UTF-16 units of text. */
  start(isWide: boolean, textLength: number): void {
    this.#isWide = isWide;
    this.#length = 0;
    this.#rows = 0;
    if (Math.max(this.#wide.length, this.#narrow.length, this.#splits.length) > KEPT) {
      this.#wide = new Int32Array(0);
      this.#narrow = new Uint16Array(0);
      this.#splits = new Int32Array(1024);
    }
    if (this.#splits.length === 0) this.#splits = new Int32Array(1024); // whoever had a view moved it to another thread
    const guess = Math.ceil(textLength / 3) + 64;
    if (isWide && guess > this.#wide.length) this.#wide = new Int32Array(guess);
    if (!isWide && guess > this.#narrow.length) this.#narrow = new Uint16Array(guess);
  }

  add({ ids, splits, rows }: RowIds): void {
    const length = this.#length;
    const total = length + splits[rows];
    if (this.#isWide) {
      if (total > this.#wide.length)
        this.#wide = enlarged(this.#wide, new Int32Array(roomFor(total, this.#wide)));
      this.#wide.set(ids.subarray(0, splits[rows]), length);
    } else {
      if (total > this.#narrow.length)
        this.#narrow = enlarged(this.#narrow, new Uint16Array(roomFor(total, this.#narrow)));
      this.#narrow.set(ids.subarray(0, splits[rows]), length);
    }
    const end = this.#rows + rows;
    if (end >= this.#splits.length)
      this.#splits = enlarged(this.#splits, new Int32Array(roomFor(end + 1, this.#splits)));
    for (let row = 1; row <= rows; row++) this.#splits[this.#rows + row] = length + splits[row];
    this.#length = total;
    this.#rows = end;
  }

  /** The result, in arrays of its own or, with `reuse`, in views that the next one overwrites. */
  finish(reuse: boolean): RaggedIds {
    const ids = (this.#isWide ? this.#wide : this.#narrow).subarray(0, this.#length);
    const rowSplits = this.#splits.subarray(0, this.#rows + 1);
    return reuse ? { ids, rowSplits } : { ids: ids.slice(), rowSplits: rowSplits.slice() };
  }
}

function roomFor(least: number, { length }: { readonly length: number }): number {
  return Math.max(least, Math.ceil(length * 1.5));
}
