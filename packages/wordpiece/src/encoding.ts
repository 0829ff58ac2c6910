// The result of encoding one text, or a text and its pair.

import { smallArray } from './small-array.js';
import type { Side } from './truncation.js';

/** Where tokens came from, parallel to their ids. */
export interface Alignment {
  /** Start and end of each token in its text: [start₀, end₀, start₁, …]; zeros for inserted tokens. */
  readonly offsets: Int32Array; // [2 n]
  /** Number of each token's word within its text, -1 for inserted tokens. */
  readonly wordIds: Int32Array; // [n]
}

export interface Padding {
  readonly id: number;
  readonly length: number;
  readonly side: Side;
}

/** What an encoding is made of. Masks follow from it when they are asked for. */
export interface EncodingParts {
  readonly ids: Int32Array;
  /** Tokens before the text: 1 or 0. */
  readonly prefix: number;
  /** Tokens of the text, and of its pair. */
  readonly lengths: readonly [first: number, second: number | undefined];
  /** Tokens after each sequence: 1 or 0. */
  readonly suffix: number;
  readonly alignment: Alignment | undefined;
  /** Text of a token. */
  readonly token: (id: number) => string;
  readonly overflowing: readonly Encoding[];
}

/** No two arrays share a number, but they may share a buffer, also with those of other encodings. */
export class Encoding {
  /** Token ids, padding included. */
  readonly ids: Int32Array; // [n]
  /** Windows beyond the first, in Hugging Face's order; empty unless `returnOverflowing`. */
  readonly overflowing: readonly Encoding[];
  readonly #parts: EncodingParts;
  readonly #padding: number;
  readonly #side: Side;
  /** Type ids, attention mask, special tokens mask: one allocation, made when one of them is asked for. */
  #masks: Int32Array | undefined; // [3 n]

  /** @param padding fills up to a length; encodings that are longer stay as they are */
  constructor(parts: EncodingParts, padding?: Padding) {
    const count = padding ? Math.max(0, padding.length - parts.ids.length) : 0;
    this.#parts = parts;
    this.#padding = count;
    this.#side = padding?.side ?? 'right';
    this.ids = this.#padded(parts.ids, padding?.id ?? 0);
    this.overflowing = padding
      ? parts.overflowing.map((encoding) => encoding.pad(padding))
      : parts.overflowing;
  }

  /** The same, filled up; padding it had before is replaced. */
  pad(padding: Padding): Encoding {
    return new Encoding(this.#parts, padding);
  }

  get length(): number {
    return this.ids.length;
  }

  /** 1 for tokens of the pair and the `[SEP]` after it, 0 for all others. */
  get typeIds(): Int32Array {
    return this.#mask(0);
  }

  /** 1 for tokens, 0 for padding. */
  get attentionMask(): Int32Array {
    return this.#mask(1);
  }

  /** 1 for inserted special tokens and padding. Special tokens found in the text have 0. */
  get specialTokensMask(): Int32Array {
    return this.#mask(2);
  }

  /** 0 for tokens of the text, 1 for tokens of the pair, -1 for inserted tokens and padding. */
  get sequenceIds(): Int32Array {
    return this.#padded(this.#sequences(), -1);
  }

  get tokens(): string[] {
    return Array.from(this.ids, this.#parts.token);
  }

  /**
   * Start and end of each token in its text, flat: [start₀, end₀, start₁, end₁, …]; zeros for inserted
   * tokens and padding.
   *
   * @throws RangeError unless encoded with `offsets`
   */
  get offsets(): Int32Array {
    return this.#padded(this.#alignment().offsets, 0, 2);
  }

  /** Number of the word in its text, -1 for inserted tokens and padding. @throws RangeError unless encoded with `offsets` */
  get wordIds(): Int32Array {
    return this.#padded(this.#alignment().wordIds, -1);
  }

  /** The token that covers a place of the text (sequence 0) or the pair (1); undefined between tokens. */
  charToToken(place: number, sequence = 0): number | undefined {
    const { offsets, sequenceIds } = this;
    for (let t = 0; t < this.length; t++) {
      if (sequenceIds[t] === sequence && place >= offsets[2 * t] && place < offsets[2 * t + 1])
        return t;
    }
    return undefined;
  }

  /** Start and end of a token in its text; undefined for inserted tokens and padding. */
  tokenToChars(token: number): readonly [start: number, end: number] | undefined {
    if (!(this.sequenceIds[token] >= 0)) return undefined;
    const { offsets } = this;
    return [offsets[2 * token], offsets[2 * token + 1]];
  }

  /** First and one past the last token of a word; undefined if there is no such word here. */
  wordToTokens(word: number, sequence = 0): readonly [first: number, end: number] | undefined {
    const { sequenceIds, wordIds } = this;
    let first = -1;
    let end = -1;
    for (let t = 0; t < this.length; t++) {
      if (sequenceIds[t] !== sequence || wordIds[t] !== word) continue;
      if (first < 0) first = t;
      end = t + 1;
    }
    return first < 0 ? undefined : [first, end];
  }

  #mask(which: 0 | 1 | 2): Int32Array {
    const n = this.length;
    this.#masks ??= this.#fillMasks(n);
    return this.#masks.subarray(which * n, (which + 1) * n);
  }

  #fillMasks(n: number): Int32Array {
    const { ids, prefix, suffix, lengths } = this.#parts;
    const [first, second] = lengths;
    const masks = smallArray(3 * n);
    const from = this.#side === 'right' ? 0 : this.#padding;
    const to = from + ids.length;
    const afterFirst = from + prefix + first + suffix;
    if (second !== undefined) masks.fill(1, afterFirst, to);
    masks.fill(1, n + from, n + to);
    const special = 2 * n;
    masks.fill(1, special, special + from + prefix);
    masks.fill(1, special + afterFirst - suffix, special + afterFirst);
    masks.fill(1, special + afterFirst + (second ?? 0), 3 * n);
    return masks;
  }

  #sequences(): Int32Array {
    const { ids, prefix, suffix, lengths } = this.#parts;
    const [first, second = 0] = lengths;
    const result = new Int32Array(ids.length).fill(-1);
    result.fill(0, prefix, prefix + first);
    return result.fill(1, prefix + first + suffix, prefix + first + suffix + second);
  }

  #alignment(): Alignment {
    const { alignment } = this.#parts;
    if (!alignment)
      throw new RangeError(
        `wordpiece: no offsets here: the text was encoded without them.\nEncode with offsets: true.`,
      );
    return alignment;
  }

  #padded(values: Int32Array, fill: number, width = 1): Int32Array {
    const count = this.#padding * width;
    if (count === 0) return values;
    const result = new Int32Array(values.length + count);
    if (this.#side === 'right') {
      result.set(values);
      return result.fill(fill, values.length);
    }
    result.set(values, count);
    return result.fill(fill, 0, count);
  }
}
