// The TypeScript engine: JavaScript strings in, ids out, with or without the place of each token.

import type { Behaviour } from './behaviour.js';
import type { PieceTrie } from './piece-trie.js';
import { WordReader } from './word-reader.js';

/** What an engine needs to know about a tokenizer. */
export interface WordPieceModel {
  readonly trie: PieceTrie;
  readonly behaviour: Behaviour;
  /** Id of the unknown token. */
  readonly unknown: number;
  /** Words of more code points than this, counted after normalization, are unknown. */
  readonly maxWordLength: number;
  /** Whether A–Z are folded. */
  readonly lowercase: boolean;
}

export class TextEngine {
  /** Token ids since `reset`, `length` of them. */
  ids: Int32Array = new Int32Array(1024);
  /** UTF-16 range in the text of each token, and the number of its word; written when aligning. */
  starts: Int32Array = new Int32Array(0);
  ends: Int32Array = new Int32Array(0);
  words: Int32Array = new Int32Array(0);
  length = 0;
  wordCount = 0;

  readonly #model: WordPieceModel;
  readonly #reader: WordReader;
  #aligning = false;

  constructor(model: WordPieceModel) {
    this.#model = model;
    this.#reader = new WordReader(model.behaviour, model.maxWordLength);
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
    if (aligning && this.starts.length < this.ids.length) this.#growAlignment();
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
      i = reader.read(text, i, to);
      if (reader.characters === 0) break;
      if (reader.characters > this.#model.maxWordLength) this.#pushUnknown();
      else this.#match();
      this.wordCount++;
    }
    return !(this.#aligning && reader.reordered);
  }

  /** Appends one token that was found in the text as such. */
  push(id: number, start: number, end: number): void {
    this.#push(id, start, end);
    this.wordCount++;
  }

  /** Appends ids that another engine found. */
  append(ids: ArrayLike<number>, count: number): void {
    while (this.length + count > this.ids.length) this.#growIds();
    for (let t = 0; t < count; t++) this.ids[this.length + t] = ids[t];
    this.length += count;
  }

  /** Appends one token of a word counted from the current one. */
  pushPiece(id: number, start: number, end: number, word: number): void {
    this.#push(id, start, end);
    if (this.#aligning) this.words[this.length - 1] = this.wordCount + word;
  }

  /** Greedy longest match; a word with a part that matches nothing is unknown as a whole. */
  #match(): void {
    const { nodes, ids, head, tail } = this.#model.trie;
    const { bytes, length, from, to } = this.#reader;
    const first = this.length;
    let at = 0;
    let root = head;
    while (at < length) {
      let base = root;
      let cell = -1;
      let stop = at;
      for (let i = at; i < length; ) {
        const place = base + bytes[i];
        const node = nodes[place];
        if ((node & 0xff) !== bytes[i]) break;
        i++;
        if (node & 0x100) {
          cell = place;
          stop = i;
        }
        base = node >>> 9;
      }
      if (cell < 0) {
        this.length = first;
        this.#pushUnknown();
        return;
      }
      this.#push(ids[cell], from[at], to[stop - 1]);
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
      this.starts[this.length] = start;
      this.ends[this.length] = end;
      this.words[this.length] = this.wordCount;
    }
    this.length++;
  }

  #growIds(): void {
    this.ids = enlarged(this.ids, this.ids.length * 2);
    if (this.#aligning) this.#growAlignment();
  }

  #growAlignment(): void {
    this.starts = enlarged(this.starts, this.ids.length);
    this.ends = enlarged(this.ends, this.ids.length);
    this.words = enlarged(this.words, this.ids.length);
  }
}

function enlarged(array: Int32Array, size: number): Int32Array {
  const copy = new Int32Array(size);
  copy.set(array);
  return copy;
}
