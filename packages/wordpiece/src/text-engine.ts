// The TypeScript engine: JavaScript strings in, ids out, with or without the place of each token.
//
// ASCII words, which are most, are folded and packed into a cache key while they are scanned. Other
// words are read and normalized by WordReader. What is not in the cache walks the trie.

import { type Behaviour, behaviourOf, ISOLATE, KEEP, MAP, SPACE } from './behaviour.js';
import { enlarged } from './enlarged.js';
import { type PieceTrie, pieceOf } from './piece-trie.js';
import { MAX_KEY, WordCache } from './word-cache.js';
import { WordReader } from './word-reader.js';

/** What an engine needs to know about a tokenizer. */
export interface WordPieceModel {
  readonly trie: PieceTrie;
  readonly behaviour: Behaviour;
  /** Bytes of each piece by id, the prefix left out; undefined if they depend on where it stands. */
  readonly pieceLengths: Uint16Array | undefined;
  /** Ids are smaller than this. */
  readonly idCount: number;
  /** Id of the unknown token. */
  readonly unknown: number;
  /** Words of more code points than this, counted after normalization, are unknown. */
  readonly maxWordLength: number;
  /** Whether A–Z are folded. */
  readonly lowercase: boolean;
}

/** What an engine found, valid until its next call. */
export interface Tokens {
  readonly length: number;
  readonly ids: Int32Array | Uint16Array;
  /** UTF-16 start and end in the text of each token; written when aligning. */
  readonly places: Int32Array; // [2 length]
  /** Number of each token's word, from 0; written when aligning. */
  readonly words: Int32Array; // [length]
}

export class TextEngine implements Tokens {
  /** Tokens since `reset`. */
  length = 0;
  ids: Int32Array = new Int32Array(1024);
  places: Int32Array = new Int32Array(0);
  words: Int32Array = new Int32Array(0);
  wordCount = 0;

  readonly #model: WordPieceModel;
  readonly #reader: WordReader;
  readonly #cache: WordCache | undefined;
  /** What an ASCII letter or digit is folded to; 0 for every other character. */
  readonly #folded: Uint8Array = new Uint8Array(128);
  /** 1 for ASCII spaces, 2 for ASCII marks that are words. */
  readonly #ends: Uint8Array = new Uint8Array(128);
  readonly #key: [number, number, number, number] = [0, 0, 0, 0];
  #aligning = false;

  constructor(model: WordPieceModel) {
    this.#model = model;
    this.#reader = new WordReader(model.behaviour, model.maxWordLength);
    this.#cache =
      model.pieceLengths && model.maxWordLength >= MAX_KEY ? new WordCache() : undefined;
    const { behaviour } = model;
    for (let c = 1; c < 128; c++) {
      const entry = behaviourOf(behaviour, c);
      const kind = entry & 7;
      if (kind === KEEP) this.#folded[c] = c;
      if (kind === MAP) this.#folded[c] = behaviour.pool[entry >>> 11];
      if (kind === SPACE) this.#ends[c] = 1;
      if (kind === ISOLATE) this.#ends[c] = 2;
    }
  }

  /** Whether places are recorded. */
  get aligning(): boolean {
    return this.#aligning;
  }

  /** Forgets what was encoded. */
  reset(aligning: boolean): void {
    this.length = 0;
    this.wordCount = 0;
    this.#aligning = aligning;
    this.#reader.aligning = aligning;
    if (aligning && this.words.length < this.ids.length) this.#growAlignment();
  }

  /**
   * Appends the tokens of `text`, UTF-16 range [from, to).
   *
   * @returns whether the places are exact; not so, when aligning, where characters may have been reordered
   */
  encode(text: string, from = 0, to: number = text.length): boolean {
    const reader = this.#reader;
    reader.reordered = false;
    let i = from;
    while (i < to) {
      const end = this.#cache ? this.#asciiWord(this.#cache, text, i, to) : -1;
      if (end >= 0) {
        i = end;
        continue;
      }
      i = reader.read(text, i, to);
      if (reader.characters === 0) break;
      if (reader.characters > this.#model.maxWordLength) this.#pushUnknown();
      else this.#readWord();
      this.wordCount++;
    }
    return !(this.#aligning && reader.reordered);
  }

  /** Appends one token that was found in the text as such. */
  push(id: number, start: number, end: number): void {
    this.#push(id, start, end);
    this.wordCount++;
  }

  /** Appends what another engine found `shift` units into the text, words counted from the current one. */
  append(tokens: Tokens, shift: number): void {
    const { length: count } = tokens;
    while (this.length + count > this.ids.length) this.#growIds();
    const { ids, length } = this;
    for (let t = 0; t < count; t++) ids[length + t] = tokens.ids[t];
    this.length = length + count;
    if (this.#aligning && count > 0) this.#appendPlaces(tokens, length, shift);
  }

  #appendPlaces({ places, words, length: count }: Tokens, at: number, shift: number): void {
    const { wordCount } = this;
    for (let p = 0; p < 2 * count; p++) this.places[2 * at + p] = places[p] + shift;
    for (let t = 0; t < count; t++) this.words[at + t] = words[t] + wordCount;
    this.wordCount = wordCount + words[count - 1] + 1;
  }

  /** Appends one token of a word counted from the current one. */
  pushPiece(id: number, start: number, end: number, word: number): void {
    this.#push(id, start, end);
    if (this.#aligning) this.words[this.length - 1] = this.wordCount + word;
  }

  /**
   * Skips spaces, then appends the tokens of an ASCII word or mark if it is in the cache.
   *
   * @returns the position after it, or -1 if the word must be read
   */
  #asciiWord(cache: WordCache, text: string, at: number, to: number): number {
    const folded = this.#folded;
    let i = at;
    while (i < to && text.charCodeAt(i) === 32) i++;
    const start = i;
    let k0 = 0;
    let k1 = 0;
    let k2 = 0;
    let k3 = 0;
    let c = 0;
    let f = 0;
    const stop = Math.min(to, start + MAX_KEY + 1);
    while (i < stop) {
      c = text.charCodeAt(i);
      f = c < 128 ? folded[c] : 0;
      if (f === 0) break;
      const n = i - start;
      const shifted = f << ((n & 3) << 3);
      if (n < 4) k0 |= shifted;
      else if (n < 8) k1 |= shifted;
      else if (n < 12) k2 |= shifted;
      else k3 |= shifted;
      i++;
    }
    const length = i - start;
    if (length > MAX_KEY) return -1;
    if (length === 0) {
      if (i >= to) return to;
      if (c >= 128 || this.#ends[c] === 0) return -1;
      i++;
      if (this.#ends[c] === 1) return i;
      k0 = c;
    } else if (i < to && (c >= 128 || this.#ends[c] === 0)) {
      return -1;
    }
    const place = cache.find(k0, k1, k2, k3);
    if (place < 0) this.#matchAscii(cache, place, text, start, i);
    else this.#pushWord(cache.entries, place, start, i);
    this.wordCount++;
    return i;
  }

  /** Tokens of an ASCII word or mark that is not remembered yet. */
  #matchAscii(cache: WordCache, place: number, text: string, start: number, end: number): void {
    const reader = this.#reader;
    const key = this.#key;
    key[0] = 0;
    key[1] = 0;
    key[2] = 0;
    key[3] = 0;
    for (let i = start; i < end; i++) {
      const c = text.charCodeAt(i);
      const n = i - start;
      const byte = this.#folded[c] || c;
      reader.bytes[n] = byte;
      reader.from[n] = i;
      reader.to[n] = i + 1;
      key[n >> 2] |= byte << ((n & 3) << 3);
    }
    reader.length = end - start;
    reader.start = start;
    reader.end = end;
    const first = this.length;
    this.#match();
    cache.put(place, key, this.ids, first, this.length);
  }

  /** Tokens of a remembered word whose bytes are its UTF-16 units. */
  #pushWord(entries: Int32Array, place: number, start: number, end: number): void {
    const count = entries[place + 4];
    if (this.length + count > this.ids.length) this.#growIds();
    const { ids, length } = this;
    for (let t = 0; t < count; t++) ids[length + t] = entries[place + 5 + t];
    this.length = length + count;
    if (!this.#aligning) return;
    const { places, words } = this;
    const lengths = this.#model.pieceLengths as Uint16Array; // there is a cache, so there are lengths
    let from = start;
    for (let t = length; t < length + count; t++) {
      places[2 * t] = from;
      from += lengths[ids[t]];
      places[2 * t + 1] = from;
      words[t] = this.wordCount;
    }
    if (count === 1) places[2 * length + 1] = end; // the unknown token covers the word
  }

  /** Tokens of the word that was read, from the cache or the trie. */
  #readWord(): void {
    const cache = this.#cache;
    const { bytes, length, from, to } = this.#reader;
    const key = this.#key;
    if (!cache || length > MAX_KEY || !packKey(bytes, length, key)) {
      this.#match();
      return;
    }
    const place = cache.find(key[0], key[1], key[2], key[3]);
    const first = this.length;
    if (place < 0) {
      this.#match();
      cache.put(place, key, this.ids, first, this.length);
      return;
    }
    const count = cache.entries[place + 4];
    const lengths = this.#model.pieceLengths as Uint16Array; // there is a cache, so there are lengths
    let at = 0;
    for (let t = 0; t < count; t++) {
      const id = cache.entries[place + 5 + t];
      const stop = count === 1 ? length : at + lengths[id];
      this.#push(id, from[at], to[stop - 1]);
      at = stop;
    }
  }

  /** Greedy longest match; a word with a part that matches nothing is unknown as a whole. */
  #match(): void {
    const { nodes, head, tail } = this.#model.trie;
    const { bytes, length, from, to } = this.#reader;
    const first = this.length;
    let at = 0;
    let root = head;
    while (at < length) {
      let base = root;
      let last = 0;
      let stop = at;
      for (let i = at; i < length; ) {
        const node = nodes[base + bytes[i]];
        if ((node & 0xff) !== bytes[i]) break;
        i++;
        if (node & 0x100) {
          last = node;
          stop = i;
          if (node & 0x200) break;
        }
        base = node >>> 10;
      }
      if (last === 0) {
        this.length = first;
        this.#pushUnknown();
        return;
      }
      this.#push(pieceOf(nodes, last), from[at], to[stop - 1]);
      at = stop;
      root = tail;
    }
  }

  #pushUnknown(): void {
    this.#push(this.#model.unknown, this.#reader.start, this.#reader.end);
  }

  #push(id: number, start: number, end: number): void {
    if (this.length === this.ids.length) this.#growIds();
    this.ids[this.length] = id;
    if (this.#aligning) {
      this.places[2 * this.length] = start;
      this.places[2 * this.length + 1] = end;
      this.words[this.length] = this.wordCount;
    }
    this.length++;
  }

  #growIds(): void {
    this.ids = enlarged(this.ids, new Int32Array(this.ids.length * 2));
    if (this.#aligning) this.#growAlignment();
  }

  #growAlignment(): void {
    this.places = enlarged(this.places, new Int32Array(2 * this.ids.length));
    this.words = enlarged(this.words, new Int32Array(this.ids.length));
  }
}

/** Packs a word into a key; false if it holds U+0000, which keys cannot tell from their padding. */
function packKey(bytes: Uint8Array, length: number, key: number[]): boolean {
  key.fill(0);
  for (let n = 0; n < length; n++) {
    if (bytes[n] === 0) return false;
    key[n >> 2] |= bytes[n] << ((n & 3) << 3);
  }
  return true;
}
