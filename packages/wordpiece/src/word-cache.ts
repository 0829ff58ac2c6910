// Remembers the pieces of short words: up to 16 bytes of normalized UTF-8, up to 11 pieces.
//
// The key is the word itself, four bytes in each of four integers, so a hit is exact. One entry is a
// cache line of 16 integers: the key, the count, the ids. The place is a hash of the key; a newer word
// replaces an older one.

const BITS = 14;
/** Longest word that is remembered, in bytes. */
export const MAX_KEY = 16;
const MAX_PIECES = 11;

export class WordCache {
  /** Entries of 16: key (4), count, ids (11). */
  readonly entries: Int32Array = new Int32Array(16 << BITS);

  /**
   * The place of a word's entry in `entries`.
   *
   * @returns it, or the complement of where to remember the word
   */
  find(k0: number, k1: number, k2: number, k3: number): number {
    let hash = Math.imul(k0, 0x9e3779b1) ^ Math.imul(k1, 0x85ebca6b);
    hash ^= Math.imul(k2, 0xc2b2ae35) ^ Math.imul(k3, 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    const at = (hash >>> (32 - BITS)) << 4;
    const e = this.entries;
    const isHit =
      e[at] === k0 && e[at + 1] === k1 && e[at + 2] === k2 && e[at + 3] === k3 && e[at + 4] > 0;
    return isHit ? at : ~at;
  }

  /** Remembers ids[from] to ids[to - 1] at a place that `find` gave. */
  put(
    place: number,
    key: readonly [number, number, number, number],
    ids: Int32Array,
    from: number,
    to: number,
  ): void {
    if (to - from > MAX_PIECES) return;
    const at = ~place;
    const { entries } = this;
    for (let k = 0; k < 4; k++) entries[at + k] = key[k];
    entries[at + 4] = to - from;
    for (let t = from; t < to; t++) entries[at + 5 + t - from] = ids[t];
  }
}
