// Documents to token ids by way of their UTF-8: written once into a buffer, hashed there, their sentences made
// lines in place, and many documents given to the tokenizer in one call.
//
// A string of each sentence, and a call for each document, cost as much as the tokenizer itself.

import { type Identity, identify } from './document.js';
import type { EncodeLines, Sentences } from './encoder.js';
import { sentencesToLines } from './sentences.js';

/** Text that makes a call worth while; more of it only leaves the processor's cache. */
const FULL = 1 << 17;
const LARGE = 1 << 22;

export class LineEncoder {
  readonly #encodeLines: EncodeLines;
  #bytes: Buffer = Buffer.allocUnsafeSlow(2 * FULL);
  #used = 0;
  /** Lines of each document that waits. */
  #lines: number[] = [];
  #ends = new Int32Array(256);

  constructor(encodeLines: EncodeLines) {
    this.#encodeLines = encodeLines;
  }

  /** Whether it is time to call {@link encode}. */
  get isFull(): boolean {
    return this.#used >= FULL;
  }

  /** Forgets the documents that wait. */
  clear(): void {
    this.#lines = [];
    this.#used = 0;
    if (this.#bytes.length > LARGE) this.#bytes = Buffer.allocUnsafeSlow(2 * FULL);
  }

  /** Takes one more document in, and says which it is. */
  add(text: string): Identity {
    const from = this.#used;
    this.#reserve(from + 1 + (text.length < FULL ? 3 * text.length : Buffer.byteLength(text)));
    const to = from + this.#bytes.write(text, from);
    const identity = identify(this.#bytes.subarray(from, to));
    this.#lines.push(sentencesToLines(this.#bytes, from, to));
    this.#bytes[to] = 10;
    this.#used = to + 1;
    return identity;
  }

  /**
   * Encodes the documents that wait and forgets them.
   *
   * @param visit is given the sentences of each in order: views, valid during the call
   */
  encode(visit: (sentences: Sentences) => void): void {
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    const total = lines.reduce((sum, count) => sum + count, 0);
    const { ids, rowSplits } = this.#encodeLines(this.#bytes.subarray(0, this.#used));
    if (rowSplits.length !== total + 1)
      throw new RangeError(
        `owt-loader: cannot use this tokenizer: encodeLines gave ${rowSplits.length - 1} rows for ${total} lines.\n` +
          'A row must come of each line feed, and of nothing else.',
      );
    let row = 0;
    for (const count of lines) {
      if (this.#ends.length < count) this.#ends = new Int32Array(2 * count);
      const first = rowSplits[row] ?? 0;
      for (let i = 0; i < count; i++) this.#ends[i] = (rowSplits[row + i + 1] ?? 0) - first;
      row += count;
      const tokens = (rowSplits[row] ?? 0) - first;
      visit({ ids: ids.subarray(first, first + tokens), ends: this.#ends, count, tokens });
    }
    this.clear();
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
  }
}
