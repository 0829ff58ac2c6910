// Adjacent pairs of symbols: how often each occurs, and where.
//
// A place is the index of a pair's left symbol. Every place belongs to one pair at a time, so the places of all pairs are
// linked lists in two arrays, and a place is taken out of its list without a search. Pairs are found by open addressing.

import { enlarged } from './enlarged.js';

export class PairTable {
  /** By pair. */
  lefts: Int32Array = new Int32Array(1 << 16);
  rights: Int32Array = new Int32Array(1 << 16);
  /** Occurrences in the text; float64: a large corpus passes 2^31. */
  counts: Float64Array = new Float64Array(1 << 16);
  /** The first place of each pair; -1 for none. */
  #heads: Int32Array = new Int32Array(1 << 16);
  #length = 0;
  /** Pair number plus one, by hash. */
  #slots: Int32Array = new Int32Array(1 << 18);
  /** By place: its pair and its neighbours in that pair's list; -1 for none. */
  readonly #pairs: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor(places: number) {
    this.#pairs = new Int32Array(places).fill(-1);
    this.#next = new Int32Array(places);
    this.#previous = new Int32Array(places);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a place to the pair that it is now, and returns which that is. */
  add(place: number, left: number, right: number, count: number): number {
    const pair = this.#find(left, right);
    const head = this.#heads[pair];
    this.counts[pair] += count;
    this.#pairs[place] = pair;
    this.#previous[place] = -1;
    this.#next[place] = head;
    if (head >= 0) this.#previous[head] = place;
    this.#heads[pair] = place;
    return pair;
  }

  /** Takes a place from its pair, if it still has one. */
  drop(place: number, count: number): void {
    const pair = this.#pairs[place];
    if (pair < 0) return;
    const next = this.#next[place];
    const previous = this.#previous[place];
    this.counts[pair] -= count;
    this.#pairs[place] = -1;
    if (next >= 0) this.#previous[next] = previous;
    if (previous >= 0) this.#next[previous] = next;
    else this.#heads[pair] = next;
  }

  /** Whether the place is one of the pair's. */
  has(pair: number, place: number): boolean {
    return this.#pairs[place] === pair;
  }

  /** The places of a pair as they are now, in no order. */
  places(pair: number): number[] {
    const found: number[] = [];
    for (let place = this.#heads[pair]; place >= 0; place = this.#next[place]) found.push(place);
    return found;
  }

  #find(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(left, right) & mask; ; slot = (slot + 1) & mask) {
      const pair = this.#slots[slot] - 1;
      if (pair < 0) {
        this.#slots[slot] = this.#length + 1;
        return this.#append(left, right);
      }
      if (this.lefts[pair] === left && this.rights[pair] === right) return pair;
    }
  }

  #append(left: number, right: number): number {
    const pair = this.#length++;
    if (pair === this.lefts.length) {
      this.lefts = enlarged(this.lefts, new Int32Array(2 * pair));
      this.rights = enlarged(this.rights, new Int32Array(2 * pair));
      this.counts = enlarged(this.counts, new Float64Array(2 * pair));
      this.#heads = enlarged(this.#heads, new Int32Array(2 * pair));
    }
    this.lefts[pair] = left;
    this.rights[pair] = right;
    this.#heads[pair] = -1;
    if (2 * this.#length > this.#slots.length) this.#growSlots();
    return pair;
  }

  #growSlots(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let pair = 0; pair < this.#length; pair++) {
      let slot = hashOf(this.lefts[pair], this.rights[pair]) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = pair + 1;
    }
    this.#slots = slots;
  }
}

function hashOf(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
