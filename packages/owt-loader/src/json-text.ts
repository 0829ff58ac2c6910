// The text in a line of JSON, as UTF-8: a string of a whole document, made and thrown away, costs more than its tokens.

import { BACKSLASH, QUOTE } from './json-string.js';
import { NO_VALUE, skipBlank, skipValue } from './json-value.js';
import { SLACK } from './text-instance.js';
import { TextMemory } from './text-memory.js';

const COLON = 58;
const COMMA = 44;
const OPEN = 123;
const CLOSE = 125;
const USUAL_BYTES = 1 << 21;
const KEPT_BYTES = 1 << 23;

/** Texts of lines of JSON. */
export class JsonTexts {
  #memory = new TextMemory(USUAL_BYTES);
  #name: Buffer = Buffer.alloc(0);
  /** Where texts go, behind the lines. */
  #output = 0;

  /**
   * Takes lines to read texts from.
   *
   * @param lines valid UTF-8
   * @param key the field that holds the text
   * @returns the lines as they are read: a view, valid until the next call
   */
  take(lines: Uint8Array, key: string): Buffer {
    this.#name = Buffer.from(JSON.stringify(key).slice(1, -1));
    if (this.#memory.bytes.length > KEPT_BYTES) this.#memory = new TextMemory(USUAL_BYTES);
    this.#output = lines.length + SLACK;
    this.#memory.reserve(2 * this.#output);
    this.#memory.bytes.set(lines);
    return this.#memory.bytes.subarray(0, lines.length);
  }

  /**
   * The text of the line in [from, to) of those taken, valid UTF-8: a field of its object, or the line's own string.
   *
   * @returns a view, valid until the next call; or undefined if JSON.parse has to read the line, be it to say what is
   *   wrong with it
   */
  read(from: number, to: number): Uint8Array | undefined {
    const { bytes } = this.#memory;
    const start = skipBlank(bytes, from, to);
    const end = bytes[start] === QUOTE ? this.#ownText(start, to) : this.#field(start, to);
    return end === NO_VALUE ? undefined : bytes.subarray(this.#output, end);
  }

  /** The end of the text that is the line's own string, or NO_VALUE. */
  #ownText(start: number, to: number): number {
    const end = this.#memory.unescape(start + 1, to, this.#output);
    if (end < 0) return NO_VALUE;
    return skipBlank(this.#memory.bytes, this.#memory.stringEnd, to) === to ? end : NO_VALUE;
  }

  /** The end of the text that a field of an object is, or NO_VALUE; of several of one name, the last. */
  #field(start: number, to: number): number {
    const memory = this.#memory;
    const { bytes } = memory;
    if (bytes[start] !== OPEN) return NO_VALUE;
    let end = NO_VALUE;
    for (let at = start + 1; ; at++) {
      const name = skipBlank(bytes, at, to);
      const afterName = skipValue(bytes, name, to);
      if (bytes[name] !== QUOTE || afterName === NO_VALUE) return NO_VALUE;
      const colon = skipBlank(bytes, afterName, to);
      if (bytes[colon] !== COLON) return NO_VALUE;
      const value = skipBlank(bytes, colon + 1, to);
      const isText = this.#isName(bytes, name + 1, afterName - 1);
      if (isText === undefined) return NO_VALUE;
      if (isText) {
        end = bytes[value] === QUOTE ? memory.unescape(value + 1, to, this.#output) : NO_VALUE;
        if (end < 0) return NO_VALUE;
      }
      const after = isText ? memory.stringEnd : skipValue(bytes, value, to);
      if (after === NO_VALUE) return NO_VALUE;
      at = skipBlank(bytes, after, to);
      if (bytes[at] === CLOSE) return skipBlank(bytes, at + 1, to) === to ? end : NO_VALUE;
      if (bytes[at] !== COMMA) return NO_VALUE;
    }
  }

  /** Whether these characters are the name; undefined where they are escaped. */
  #isName(bytes: Buffer, from: number, to: number): boolean | undefined {
    const name = this.#name;
    if (to - from === name.length && name.compare(bytes, from, to) === 0) return true;
    for (let i = from; i < to; i++) if (bytes[i] === BACKSLASH) return undefined;
    return false;
  }
}
