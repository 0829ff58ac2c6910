// The merge loop of training: join the most frequent adjacent pair of symbols until the vocabulary is
// full or no pair is frequent enough.
//
// Symbols of all words lie in one array as linked lists. A pair gains places only where one of its symbols has just been
// joined, so it enters the heap when it appears; places that it loses later are noticed when it leaves the heap.

import { PairHeap } from './pair-heap.js';
import { PairTable } from './pair-table.js';

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

export function mergePairs(input: MergeInput): void {
  const { tokens, vocabSize, minFrequency, maxTokenLength, prefix } = input;
  const least = Math.max(1, minFrequency);
  const known = new Map(tokens.map((token, id) => [token, id]));
  const lengths = tokens.map((token) => [...bare(token, prefix)].length);
  const text = new Symbols(input.words, input.counts);
  const { ids, next, previous, counts } = text;
  const table = new PairTable(ids.length);
  const heap = new PairHeap(table);
  const addPlace = (place: number): number =>
    table.add(place, ids[place], ids[next[place]], counts[place]);

  for (let place = 0; place < ids.length; place++) if (next[place] >= 0) addPlace(place);
  for (let pair = 0; pair < table.length; pair++) if (table.counts[pair] >= least) heap.push(pair);

  while (tokens.length < vocabSize) {
    const pair = heap.pop();
    if (pair < 0) break;
    if (heap.count !== table.counts[pair]) {
      if (table.counts[pair] >= least) heap.push(pair);
      continue;
    }
    const left = table.lefts[pair];
    const right = table.rights[pair];
    if (lengths[left] + lengths[right] > maxTokenLength) continue;
    const joined = tokens[left] + bare(tokens[right], prefix);
    let id = known.get(joined);
    if (id === undefined) {
      id = tokens.push(joined) - 1;
      known.set(joined, id);
      lengths.push(lengths[left] + lengths[right]);
    }
    const changed = new Set<number>();
    const places = table.places(pair);
    // places of a pair of two equal symbols may overlap: the first of them counts
    if (left === right) places.sort((a, b) => a - b);
    for (const place of places) {
      if (!table.has(pair, place)) continue;
      const before = previous[place];
      const after = next[place];
      const count = counts[place];
      table.drop(place, count);
      table.drop(after, count);
      if (before >= 0) table.drop(before, count);
      text.join(place, id);
      if (before >= 0) changed.add(addPlace(before));
      if (next[place] >= 0) changed.add(addPlace(place));
    }
    for (const fresh of changed) if (table.counts[fresh] >= least) heap.push(fresh);
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
