// Counts the normalized words of texts: a hash table over one array of bytes.

import { type Behaviour, behaviourOf, ISOLATE, KEEP, MAP, SPACE } from './behaviour.js';
import { enlarged } from './enlarged.js';
import { WordReader } from './word-reader.js';

const FNV_PRIME = 0x01000193;

/** Words back to back, as UTF-8. */
export interface PackedCounts {
  readonly bytes: Uint8Array;
  /** Byte after each word. */
  readonly ends: Int32Array;
  readonly counts: Float64Array;
}

export class WordCounter {
  readonly #reader: WordReader;
  /** What an ASCII letter or digit is folded to; 0 for every other character. */
  readonly #folded: Uint8Array = new Uint8Array(128);
  /** 1 for ASCII spaces, 2 for ASCII marks that are words. */
  readonly #ends: Uint8Array = new Uint8Array(128);
  /** All different words, back to back. */
  #bytes: Uint8Array = new Uint8Array(1 << 20);
  #used = 0;
  /** Word number plus one, by hash. */
  #slots: Int32Array = new Int32Array(1 << 16);
  #words = 0;
  /** Where each word starts; the next one's start is its end. */
  #starts: Int32Array = new Int32Array(1 << 15);
  #hashes: Int32Array = new Int32Array(1 << 15);
  /** Occurrences; float64, because a large corpus passes 2^31. */
  #counts: Float64Array = new Float64Array(1 << 15);

  constructor(behaviour: Behaviour) {
    this.#reader = new WordReader(behaviour, Number.POSITIVE_INFINITY);
    for (let c = 1; c < 128; c++) {
      const entry = behaviourOf(behaviour, c);
      const kind = entry & 7;
      if (kind === KEEP) this.#folded[c] = c;
      if (kind === MAP) this.#folded[c] = behaviour.pool[entry >>> 11];
      if (kind === SPACE) this.#ends[c] = 1;
      if (kind === ISOLATE) this.#ends[c] = 2;
    }
  }

  /** Counts the words of a text. */
  add(text: string): void {
    const folded = this.#folded;
    const stop = text.length;
    let i = 0;
    while (i < stop) {
      let c = text.charCodeAt(i);
      const start = i;
      let at = this.#used;
      let hash = 0;
      for (;;) {
        const f = c < 128 ? folded[c] : 0;
        if (f === 0) break;
        if (at === this.#bytes.length) this.#growBytes(at + 1);
        this.#bytes[at++] = f;
        hash = Math.imul(hash ^ f, FNV_PRIME);
        if (++i === stop) break;
        c = text.charCodeAt(i);
      }
      const end = i === stop && i > start ? 1 : c < 128 ? this.#ends[c] : 0;
      if (end === 0) {
        i = this.#addRead(text, start, stop);
      } else if (i > start) {
        this.#count(at, hash, 1);
      } else {
        i++;
        if (end === 2) this.#addMark(c);
      }
    }
  }

  /** Adds the counts of another counter. */
  addPacked({ bytes, ends, counts }: PackedCounts): void {
    let start = 0;
    for (let w = 0; w < ends.length; w++) {
      const word = bytes.subarray(start, ends[w]);
      this.#addBytes(word, word.length, counts[w]);
      start = ends[w];
    }
  }

  /** All words and how often they occurred, in arrays of their own. */
  packed(): PackedCounts {
    const ends = new Int32Array(this.#words);
    ends.set(this.#starts.subarray(1, this.#words));
    ends.fill(this.#used, -1);
    const bytes = this.#bytes.slice(0, this.#used);
    return { bytes, ends, counts: this.#counts.slice(0, this.#words) };
  }

  /** Words and how often they occurred; a Map would end at 16.7 million of them. */
  words(): [string, number][] {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const result: [string, number][] = [];
    for (let w = 0; w < this.#words; w++) {
      const end = w + 1 < this.#words ? this.#starts[w + 1] : this.#used;
      const word = decoder.decode(this.#bytes.subarray(this.#starts[w], end));
      result.push([word, this.#counts[w]]);
    }
    return result;
  }

  /** Reads one word the long way; the position after it. */
  #addRead(text: string, start: number, stop: number): number {
    const reader = this.#reader;
    const end = reader.read(text, start, stop);
    if (reader.characters > 0) this.#addBytes(reader.bytes, reader.length, 1);
    return end;
  }

  #addMark(c: number): void {
    if (this.#used === this.#bytes.length) this.#growBytes(this.#used + 1);
    this.#bytes[this.#used] = c;
    this.#count(this.#used + 1, Math.imul(c, FNV_PRIME), 1);
  }

  #addBytes(word: Uint8Array, length: number, count: number): void {
    const at = this.#used;
    if (at + length > this.#bytes.length) this.#growBytes(at + length);
    let hash = 0;
    for (let k = 0; k < length; k++) {
      this.#bytes[at + k] = word[k];
      hash = Math.imul(hash ^ word[k], FNV_PRIME);
    }
    this.#count(at + length, hash, count);
  }

  /** Counts the word that was written at the end of the bytes, up to `end`, and keeps it if it is new. */
  #count(end: number, mixed: number, count: number): void {
    const hash = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    const bytes = this.#bytes;
    const start = this.#used;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const word = this.#slots[slot] - 1;
      if (word < 0) {
        this.#slots[slot] = this.#words + 1;
        this.#keep(start, hash, count);
        this.#used = end;
        if (this.#words * 2 > mask) this.#growSlots();
        return;
      }
      if (this.#hashes[word] !== hash) continue;
      const from = this.#starts[word];
      const to = word + 1 < this.#words ? this.#starts[word + 1] : start;
      if (to - from !== end - start) continue;
      let k = start;
      while (k < end && bytes[k] === bytes[from + k - start]) k++;
      if (k === end) {
        this.#counts[word] += count;
        return;
      }
    }
  }

  #keep(start: number, hash: number, count: number): void {
    if (this.#words === this.#starts.length) {
      this.#starts = enlarged(this.#starts, new Int32Array(this.#words * 2));
      this.#hashes = enlarged(this.#hashes, new Int32Array(this.#words * 2));
      this.#counts = enlarged(this.#counts, new Float64Array(this.#words * 2));
    }
    this.#starts[this.#words] = start;
    this.#hashes[this.#words] = hash;
    this.#counts[this.#words] = count;
    this.#words++;
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let word = 0; word < this.#words; word++) {
      let slot = this.#hashes[word] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = word + 1;
    }
    this.#slots = slots;
  }

  #growBytes(least: number): void {
    this.#bytes = enlarged(this.#bytes, new Uint8Array(Math.max(least, this.#bytes.length * 2)));
  }
}
