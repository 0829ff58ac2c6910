// Byte-pair encoding of words (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909): characters are merged pair by
// pair, the earliest rule first, the leftmost pair first. After the BPE model of Hugging Face tokenizers.
//
// A heap of candidate pairs keeps the time of a word of n characters at n log n.

/** Ends the last piece of every word. */
export const WORD_END = '</w>';
const PLACES = 2 ** 31; // a heap entry is rule * PLACES + place, exact below 2^53

export class BytePairs {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknown: number;
  readonly #size: number;
  /** Rule of a pair, by left * size + right. */
  readonly #rules = new Map<number, number>();
  /** Piece that a rule makes. */
  readonly #made: number[] = [];

  /**
   * @param ids piece → id
   * @param merges pairs of pieces, earliest rule first
   * @throws RangeError for a rule of pieces that are not in the vocabulary
   */
  constructor(
    ids: ReadonlyMap<string, number>,
    merges: readonly (readonly [left: string, right: string])[],
    unknown: number,
  ) {
    this.#ids = ids;
    this.#unknown = unknown;
    this.#size = 1 + largest(ids.values());
    for (const [left, right] of merges) {
      const [a, b, made] = [left, right, left + right].map((piece) =>
        this.#known(piece, left, right),
      );
      this.#rules.set(a * this.#size + b, this.#made.length); // of a rule stated twice the later place counts
      this.#made.push(made);
    }
  }

  /** Ids of a word's pieces; characters outside the vocabulary are unknown, each by itself. */
  encode(word: string): number[] {
    const chars = [...word];
    const ids = chars.map((char, i) => {
      const piece = i === chars.length - 1 ? char + WORD_END : char;
      return this.#ids.get(piece) ?? this.#unknown;
    });
    return this.#merge(ids);
  }

  #merge(ids: number[]): number[] {
    const next = ids.map((_, i) => i + 1); // ids.length ends the list
    const previous = ids.map((_, i) => i - 1);
    const heap = new Heap();
    const offer = (place: number): void => {
      const rule = this.#ruleAt(ids, next, place);
      if (rule !== undefined) heap.push(rule * PLACES + place);
    };
    for (let place = 0; place < ids.length - 1; place++) offer(place);
    for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
      const place = entry % PLACES;
      const rule = Math.floor(entry / PLACES);
      if (this.#ruleAt(ids, next, place) !== rule) continue; // merged meanwhile
      const gone = next[place];
      ids[place] = this.#made[rule];
      ids[gone] = -1;
      next[place] = next[gone];
      if (next[gone] < ids.length) previous[next[gone]] = place;
      offer(place);
      if (previous[place] >= 0) offer(previous[place]);
    }
    return ids.filter((id) => id >= 0);
  }

  /** Rule of the piece at `place` and the one after it. */
  #ruleAt(ids: readonly number[], next: readonly number[], place: number): number | undefined {
    const right = next[place];
    if (ids[place] < 0 || right >= ids.length) return undefined;
    return this.#rules.get(ids[place] * this.#size + ids[right]);
  }

  #known(piece: string, left: string, right: string): number {
    const id = this.#ids.get(piece);
    if (id !== undefined) return id;
    throw new RangeError(
      `gpt: cannot merge "${left}" and "${right}": the vocabulary has no "${piece}".\n` +
        'Use merges and vocabulary of the same tokenizer.',
    );
  }
}

/** Numbers, the smallest first. */
class Heap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent] <= item) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const [smallest] = items;
    const item = items.pop();
    if (item === undefined || items.length === 0) return smallest;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1] < items[child]) child++;
      if (items[child] >= item) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = item;
    return smallest;
  }
}

function largest(ids: Iterable<number>): number {
  let most = -1;
  for (const id of ids) most = Math.max(most, id);
  return most;
}
