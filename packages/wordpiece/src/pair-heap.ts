// A heap of pairs: the one that occurs most comes first; of pairs that occur as often, the smaller left id, then the smaller
// right id. Counts are those at the time of the push: whoever pops compares them with the present ones.

import { enlarged } from './enlarged.js';
import type { PairTable } from './pair-table.js';

export class PairHeap {
  readonly #table: PairTable;
  #pairs: Int32Array = new Int32Array(1 << 14);
  #counts: Float64Array = new Float64Array(1 << 14);
  #length = 0;
  /** Of the pair that was popped last. */
  count = 0;

  constructor(table: PairTable) {
    this.#table = table;
  }

  push(pair: number): void {
    if (this.#length === this.#pairs.length) {
      this.#pairs = enlarged(this.#pairs, new Int32Array(2 * this.#length));
      this.#counts = enlarged(this.#counts, new Float64Array(2 * this.#length));
    }
    const count = this.#table.counts[pair];
    let at = this.#length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(pair, count, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#pairs[at] = pair;
    this.#counts[at] = count;
  }

  /** The first pair, whose count when it was pushed is `count` then; -1 if there is none. */
  pop(): number {
    if (this.#length === 0) return -1;
    const top = this.#pairs[0];
    this.count = this.#counts[0];
    const last = --this.#length;
    const pair = this.#pairs[last];
    const count = this.#counts[last];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (
        child + 1 < last &&
        this.#isBefore(this.#pairs[child + 1], this.#counts[child + 1], child)
      )
        child++;
      if (this.#isBefore(pair, count, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#pairs[at] = pair;
    this.#counts[at] = count;
    return top;
  }

  #move(from: number, to: number): void {
    this.#pairs[to] = this.#pairs[from];
    this.#counts[to] = this.#counts[from];
  }

  #isBefore(pair: number, count: number, place: number): boolean {
    const other = this.#pairs[place];
    const otherCount = this.#counts[place];
    if (count !== otherCount) return count > otherCount;
    const { lefts, rights } = this.#table;
    if (lefts[pair] !== lefts[other]) return lefts[pair] < lefts[other];
    return rights[pair] < rights[other];
  }
}
