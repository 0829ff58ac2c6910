// The merge loop of training: join the most frequent adjacent pair of symbols until the vocabulary is
// full or no pair is frequent enough.
//
// Symbols of all words lie in one array as linked lists; each pair keeps its count (float64: counts of
// a large corpus pass 2^31) and the places where it may occur; a heap orders pairs by count, then by
// the smaller left and right id. Heap entries whose count is out of date are pushed back corrected.

export interface MergeInput {
  /** Tokens by id; new ones are appended. */
  readonly tokens: string[];
  /** Symbol ids of each different word. */
  readonly words: readonly (readonly number[])[];
  /** Occurrences of each word. */
  readonly counts: readonly number[];
  readonly vocabSize: number;
  readonly minFrequency: number;
  readonly maxTokenLength: number;
  readonly prefix: string;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  /** Indices of left symbols; some may be out of date. */
  places: number[];
}

interface Candidate {
  readonly pair: Pair;
  readonly count: number;
}

export function mergePairs(input: MergeInput): void {
  const { tokens, vocabSize, minFrequency, maxTokenLength, prefix } = input;
  const known = new Map(tokens.map((token, id) => [token, id]));
  const lengths = tokens.map((token) => [...bare(token, prefix)].length);
  const text = new Symbols(input.words, input.counts);
  const pairs = new Map<number, Pair>();

  const addPlace = (place: number, changed?: Set<Pair>) => {
    const left = text.ids[place];
    const right = text.ids[text.next[place]];
    const key = left * 0x100000 + right;
    let pair = pairs.get(key);
    if (!pair) {
      pair = { left, right, count: 0, places: [] };
      pairs.set(key, pair);
    }
    pair.count += text.counts[place];
    pair.places.push(place);
    changed?.add(pair);
  };
  const dropPlace = (place: number) => {
    const pair = pairs.get(text.ids[place] * 0x100000 + text.ids[text.next[place]]);
    if (pair) pair.count -= text.counts[place];
  };

  for (let i = 0; i < text.ids.length; i++) if (text.next[i] >= 0) addPlace(i);
  const heap = new Heap();
  for (const pair of pairs.values()) heap.push({ pair, count: pair.count });

  while (tokens.length < vocabSize) {
    const best = heap.pop();
    if (!best) break;
    const { pair } = best;
    if (best.count !== pair.count) {
      if (pair.count > 0) heap.push({ pair, count: pair.count });
      continue;
    }
    if (pair.count < 1 || pair.count < minFrequency) break;
    const { left, right } = pair;
    if (lengths[left] + lengths[right] > maxTokenLength) continue;
    const joined = tokens[left] + bare(tokens[right], prefix);
    let id = known.get(joined);
    if (id === undefined) {
      id = tokens.push(joined) - 1;
      known.set(joined, id);
      lengths.push(lengths[left] + lengths[right]);
    }
    pairs.delete(left * 0x100000 + right);
    const changed = new Set<Pair>();
    for (const place of pair.places.sort((a, b) => a - b)) {
      const after = text.next[place];
      if (text.ids[place] !== left || after < 0 || text.ids[after] !== right) continue;
      const before = text.previous[place];
      const beyond = text.next[after];
      if (before >= 0) dropPlace(before);
      if (beyond >= 0) dropPlace(after);
      text.join(place, id);
      if (before >= 0) addPlace(before, changed);
      if (beyond >= 0) addPlace(place, changed);
    }
    for (const fresh of changed) heap.push({ pair: fresh, count: fresh.count });
  }
}

function bare(token: string, prefix: string): string {
  return token.startsWith(prefix) ? token.slice(prefix.length) : token;
}

/** Every word as a doubly linked list of symbol ids. */
class Symbols {
  readonly ids: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** Occurrences of the word that a symbol belongs to. */
  readonly counts: Float64Array;

  constructor(words: readonly (readonly number[])[], counts: readonly number[]) {
    const total = words.reduce((sum, word) => sum + word.length, 0);
    this.ids = new Int32Array(total);
    this.next = new Int32Array(total).fill(-1);
    this.previous = new Int32Array(total).fill(-1);
    this.counts = new Float64Array(total);
    let at = 0;
    for (const [w, word] of words.entries()) {
      for (let k = 0; k < word.length; k++, at++) {
        this.ids[at] = word[k];
        this.counts[at] = counts[w];
        if (k > 0) {
          this.previous[at] = at - 1;
          this.next[at - 1] = at;
        }
      }
    }
  }

  /** The symbol at `place` becomes `id` and swallows the one after it. */
  join(place: number, id: number): void {
    const after = this.next[place];
    const beyond = this.next[after];
    this.ids[place] = id;
    this.ids[after] = -1;
    this.next[place] = beyond;
    if (beyond >= 0) this.previous[beyond] = place;
  }
}

/** Largest count first; of equal counts the smaller left id, then the smaller right id. */
class Heap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop(): Candidate | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1], items[child])) child++;
      if (!isBefore(items[child], last)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.pair.left !== b.pair.left) return a.pair.left < b.pair.left;
  return a.pair.right < b.pair.right;
}
