// Documents to token ids by way of their UTF-8: put once into a buffer, cleaned and hashed there, their sentences
// made lines in place, and many documents given to the tokenizer in one call.
//
// A string of each sentence, and a call for each document, cost as much as the tokenizer itself.

import { cleanAsHuggingFace } from './clean-text.js';
import type { Identity } from './document.js';
import type { EncodeLines, Sentences } from './encoder.js';
import type { Splitter } from './sentences.js';
import { TextMemory } from './text-memory.js';

/** Text given to the tokenizer in one call: its tables leave the processor's cache between two of them. */
const FULL = 1 << 20;
const LARGE = 1 << 22;
const REPAIRING = new TextDecoder('utf-8', { ignoreBOM: true });

export interface LineEncoderOptions {
  readonly encodeLines: EncodeLines;
  /** What the builder sees as sentences. */
  readonly toLines: Splitter;
  readonly clean: 'none' | 'huggingface';
}

/** A document as it lies in the buffer. */
export interface WrittenDocument {
  readonly identity: Identity;
  /** UTF-16 units of its text before it was cleaned. */
  readonly characters: number;
}

export class LineEncoder {
  readonly #options: LineEncoderOptions;
  #text = new TextMemory(2 * FULL);
  /** Bytes of the documents that wait to be encoded; the one written last may follow. */
  #used = 0;
  #written = 0;
  /** Lines of each document that waits. */
  #lines: number[] = [];
  #ends = new Int32Array(256);

  constructor(options: LineEncoderOptions) {
    this.#options = options;
  }

  /** Whether it is time to call {@link encode}. */
  get isFull(): boolean {
    return this.#used >= FULL;
  }

  /** Forgets the documents that wait. */
  clear(): void {
    this.#lines = [];
    this.#used = 0;
    if (this.#text.bytes.length > LARGE) this.#text = new TextMemory(2 * FULL);
  }

  /**
   * Puts a document behind those that wait. Unless {@link keep} is called it is overwritten by the next.
   *
   * @param text UTF-8 or a string; what is no UTF-8 becomes U+FFFD
   */
  write(text: string | Uint8Array): WrittenDocument {
    const from = this.#used;
    this.#text.reserve(from + 1 + byteBound(text));
    const memory = this.#text.bytes;
    const isText = typeof text === 'string';
    const size = isText ? memory.write(text, from) : copy(text, memory, from);
    const characters = isText ? text.length : this.#text.utf16Units(from, from + size);
    if (!isText && characters === -1) return this.write(REPAIRING.decode(text));
    const isCleaned = this.#options.clean === 'huggingface';
    const left = isCleaned ? cleanAsHuggingFace(memory.subarray(from, from + size)) : size;
    this.#written = from + left;
    this.#text.startHash();
    return { identity: this.#text.finishHash(from, from + left), characters };
  }

  /** The text of the document written last. */
  text(): string {
    return this.#text.bytes.toString('utf8', this.#used, this.#written);
  }

  /** Lets the document written last wait with the others. */
  keep(): void {
    this.#lines.push(this.#text[this.#options.toLines](this.#used, this.#written));
    this.#text.bytes[this.#written] = 10;
    this.#used = this.#written + 1;
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
    const { ids, rowSplits } = this.#options.encodeLines(this.#text.bytes.subarray(0, this.#used));
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
}

/** At least as many bytes as the text takes: of a short one without looking at it. */
function byteBound(text: string | Uint8Array): number {
  if (typeof text !== 'string') return text.length;
  return text.length < FULL ? 3 * text.length : Buffer.byteLength(text);
}

function copy(from: Uint8Array, to: Uint8Array, at: number): number {
  to.set(from, at);
  return from.length;
}
