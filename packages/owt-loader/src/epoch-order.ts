// The order of a split's rows in one epoch, as a function of (seed, epoch, position): nothing is shuffled in
// memory, so there is no buffer to lose and any position can be reached at once.
//
// Record batches ("blocks") are permuted under (seed, epoch). Windows of W neighbouring blocks in that order are
// held in memory, and the rows of a window are permuted under (seed, epoch, window). Every row comes exactly
// once an epoch.

import { permutation } from './permutation.js';

/** Where a row lies: block is an index into the split's blocks, row an index into that block. */
export interface RowAddress {
  readonly block: number;
  readonly row: number;
}

/** One window: its blocks in epoch order and the positions they cover. */
export interface Window {
  readonly index: number;
  readonly blocks: readonly number[];
  /** First position of the window in the epoch, and the first after it. */
  readonly start: number;
  readonly end: number;
  /** Address of the row that comes at an offset from the window's start. */
  locate(offset: number): RowAddress;
}

export class EpochOrder {
  readonly rows: number;
  readonly #blockRows: ArrayLike<number>;
  readonly #key: readonly number[] | undefined;
  readonly #blocksPerWindow: number;
  readonly #order: Int32Array;
  readonly #starts: Float64Array;

  /**
   * @param blockRows rows of each block, in file order
   * @param key seed and epoch, or undefined for the order on disk
   */
  constructor(
    blockRows: ArrayLike<number>,
    key: readonly number[] | undefined,
    blocksPerWindow: number,
  ) {
    const blocks = blockRows.length;
    this.#blockRows = blockRows;
    this.#key = key;
    this.#blocksPerWindow = blocksPerWindow;
    this.#order = new Int32Array(blocks);
    const at = key ? permutation(blocks, key) : identity;
    for (let i = 0; i < blocks; i++) this.#order[i] = at(i);
    const windows = Math.ceil(blocks / blocksPerWindow);
    this.#starts = new Float64Array(windows + 1);
    let rows = 0;
    for (let i = 0; i < blocks; i++) {
      if (i % blocksPerWindow === 0) this.#starts[i / blocksPerWindow] = rows;
      rows += blockRows[this.#order[i] ?? 0] ?? 0;
    }
    this.#starts[windows] = rows;
    this.rows = rows;
  }

  get windows(): number {
    return this.#starts.length - 1;
  }

  /** Index of the window that holds a position of the epoch. */
  windowAt(position: number): number {
    let low = 0;
    let high = this.windows;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle;
    }
    return low;
  }

  window(index: number): Window {
    const from = index * this.#blocksPerWindow;
    const blocks = [...this.#order.subarray(from, from + this.#blocksPerWindow)];
    const start = this.#starts[index] ?? 0;
    const end = this.#starts[index + 1] ?? 0;
    const at = this.#key ? permutation(end - start, [...this.#key, index]) : identity;
    const ends: number[] = [];
    let sum = 0;
    for (const block of blocks) {
      sum += this.#blockRows[block] ?? 0;
      ends.push(sum);
    }
    const locate = (offset: number): RowAddress => {
      const row = at(offset);
      let low = 0;
      let high = ends.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((ends[middle] ?? 0) <= row) low = middle + 1;
        else high = middle;
      }
      return { block: blocks[low] ?? 0, row: row - (low === 0 ? 0 : (ends[low - 1] ?? 0)) };
    };
    return { index, blocks, start, end, locate };
  }
}

function identity(position: number): number {
  return position;
}
