// The WebAssembly side of reading text: a memory that text is put into, and the loops that run over it there.
//
// In JavaScript the same loops took two thirds of what the tokenizer takes.

import { ABBREVIATIONS } from './abbreviations.js';
import type { Identity } from './document.js';
import { growTo, SLACK, type TextExports, textInstance } from './text-instance.js';

/** Positions are bytes from the start of `bytes`; texts are valid UTF-8, but what is hashed or counted may be anything. */
export class TextMemory {
  /** Where text goes. Grown, and another view, after {@link reserve}; what it holds stays. */
  bytes: Buffer = Buffer.alloc(0);
  readonly #exports: TextExports;
  readonly #start: number;

  constructor(size: number) {
    this.#exports = textInstance();
    this.#start = this.#exports.textStart();
    this.reserve(size);
    for (const word of ABBREVIATIONS) {
      const length = this.bytes.write(word);
      this.#exports.addAbbreviation(this.#start, this.#start + length);
    }
  }

  /** Makes room for so many bytes. */
  reserve(size: number): void {
    if (size <= this.bytes.length) return;
    const { memory } = this.#exports;
    growTo(memory, this.#start + Math.max(size, 2 * this.bytes.length) + SLACK);
    const room = memory.buffer.byteLength - this.#start - SLACK;
    this.bytes = Buffer.from(memory.buffer, this.#start, room);
  }

  /**
   * Makes each sentence of [from, to) a line, by writing line feeds over the white space between them, and spaces over
   * other white space at their ends.
   *
   * @returns the lines, blank ones included, that end with a line feed once there is one at `to` as well
   */
  sentencesToLines(from: number, to: number): number {
    return this.#exports.sentencesToLines(this.#start + from, this.#start + to);
  }

  /** Keeps the lines of [from, to) as they are, but for spaces over other white space at their ends; as many. */
  linesToLines(from: number, to: number): number {
    return this.#exports.linesToLines(this.#start + from, this.#start + to);
  }

  /** UTF-16 units of [from, to), which may be any bytes; -1 if they are no UTF-8. */
  utf16Units(from: number, to: number): number {
    const units = this.#exports.utf16Units(this.#start + from, this.#start + to);
    return units === -1 ? -1 : units >>> 0;
  }

  /**
   * Unescapes the JSON string whose characters begin at `from` and whose quote is before `to`. The text goes to `output`,
   * which does not overlap it and has room for `to - from` bytes. Half of a surrogate pair becomes U+FFFD.
   *
   * @returns the end of the text, or -1 if this is no JSON string
   */
  unescape(from: number, to: number, output: number): number {
    const start = this.#start;
    const end = this.#exports.unescape(start + from, start + to, start + output);
    return end === 0 ? -1 : (end >>> 0) - start;
  }

  /** Where the string unescaped last ends, its quote included. */
  get stringEnd(): number {
    return (this.#exports.stringEnd() >>> 0) - this.#start;
  }

  /** Begins an XXH64 with seed 0; there is one at a time. */
  startHash(): void {
    this.#exports.startHash();
  }

  /** Takes [from, to) into the hash: a multiple of 32 bytes. */
  addToHash(from: number, to: number): void {
    this.#exports.addToHash(this.#start + from, this.#start + to);
  }

  /** The hash, once [from, to) is taken in as well, however long. */
  finishHash(from: number, to: number): Identity {
    const low = this.#exports.finishHash(this.#start + from, this.#start + to);
    return { high: this.#exports.hashHigh() >>> 0, low: low >>> 0 };
  }
}
