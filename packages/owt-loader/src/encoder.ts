// What the loader asks of a tokenizer, and a document's tokens as the builders see them.

/** Text to token ids, without special tokens and without truncation. */
export type Encode = (text: string) => ArrayLike<number>;

/** Several texts at once: the ids of text i are ids[rowSplits[i]] .. ids[rowSplits[i + 1]]. Faster where offered. */
export type EncodeBatch = (texts: readonly string[]) => {
  readonly ids: ArrayLike<number>;
  readonly rowSplits: ArrayLike<number>;
};

/** The same for the lines of some UTF-8, each ended by a line feed; white space at their ends has no ids. */
export type EncodeLines = (utf8: Uint8Array) => {
  readonly ids: Int32Array | Uint16Array;
  readonly rowSplits: ArrayLike<number>;
};

/** A tokenizer. Of its ways the last one given is taken; they give the same ids. */
export interface Encoder {
  readonly encode: Encode;
  readonly encodeBatch?: EncodeBatch;
  /** Fastest: no string is made for a sentence. */
  readonly encodeLines?: EncodeLines;
}

/** One document's sentences as token ids in one array: sentence i is ids[ends[i - 1]] .. ids[ends[i]]. */
export interface Sentences {
  readonly ids: Int32Array | Uint16Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** Tokens in all sentences. */
  readonly tokens: number;
}

/** Encodes sentence after sentence into one buffer that is used again for the next document. */
export class SentenceEncoder {
  readonly #encoder: Encoder;
  #ids = new Int32Array(4096);
  #ends = new Int32Array(256);

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
  }

  /** The tokens of `texts`: views, valid until the next call. */
  encode(texts: readonly string[]): Sentences {
    const count = texts.length;
    if (this.#ends.length < count) this.#ends = new Int32Array(2 * count);
    const { encode, encodeBatch } = this.#encoder;
    if (encodeBatch) {
      const { ids, rowSplits } = encodeBatch(texts);
      const tokens = rowSplits[count] ?? 0;
      this.#reserve(tokens, 0);
      copy(ids, this.#ids, 0, tokens);
      for (let i = 0; i < count; i++) this.#ends[i] = rowSplits[i + 1] ?? 0;
      return { ids: this.#ids, ends: this.#ends, count, tokens };
    }
    let tokens = 0;
    for (let i = 0; i < count; i++) {
      const ids = encode(texts[i] ?? '');
      this.#reserve(tokens + ids.length, tokens);
      copy(ids, this.#ids, tokens, ids.length);
      tokens += ids.length;
      this.#ends[i] = tokens;
    }
    return { ids: this.#ids, ends: this.#ends, count, tokens };
  }

  #reserve(size: number, used: number): void {
    if (size <= this.#ids.length) return;
    const grown = new Int32Array(2 * size);
    grown.set(this.#ids.subarray(0, used));
    this.#ids = grown;
  }
}

function copy(from: ArrayLike<number>, to: Int32Array, at: number, count: number): void {
  if (from instanceof Int32Array || from instanceof Uint16Array)
    to.set(from.length === count ? from : from.subarray(0, count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[i] ?? 0;
}
