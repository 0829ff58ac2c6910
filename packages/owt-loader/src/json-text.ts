// The text in a line of JSON, as UTF-8: a string of a whole document, made and thrown away, costs more than its tokens.

import { foursOf } from './fours.js';
import { BACKSLASH, closingQuote, NO_STRING, QUOTE, unescapeInPlace } from './json-string.js';
import { NO_VALUE, skipBlank, skipValue } from './json-value.js';

const COLON = 58;
const COMMA = 44;
const OPEN = 123;
const CLOSE = 125;
const USUAL_BYTES = 1 << 16;
const KEPT_BYTES = 1 << 22;

/** The characters between the quotes of a string. */
interface Place {
  readonly from: number;
  readonly to: number;
}

/** Texts of lines of JSON. */
export class JsonTexts {
  readonly #name: Buffer;
  #text: Buffer = Buffer.allocUnsafeSlow(USUAL_BYTES);
  #fours = foursOf(this.#text);

  /** @param key the field that holds the text */
  constructor(key: string) {
    this.#name = Buffer.from(JSON.stringify(key).slice(1, -1));
  }

  /**
   * The text of the line in [from, to), valid UTF-8: a field of its object, or the line's own string.
   *
   * @returns a view, valid until the next call; or undefined if JSON.parse has to read the line, be it to say what is
   *   wrong with it
   */
  read(bytes: Buffer, from: number, to: number): Uint8Array | undefined {
    const start = skipBlank(bytes, from, to);
    const place =
      bytes[start] === QUOTE ? ownText(bytes, start, to) : this.#field(bytes, start, to);
    if (!place) return undefined;
    const length = place.to - place.from;
    if (length > this.#text.length || this.#text.length > KEPT_BYTES) {
      this.#text = Buffer.allocUnsafeSlow(Math.max(USUAL_BYTES, 2 * length));
      this.#fours = foursOf(this.#text);
    }
    this.#text.set(bytes.subarray(place.from, place.to));
    const end = unescapeInPlace(this.#text, this.#fours, length);
    return end === NO_STRING ? undefined : this.#text.subarray(0, end);
  }

  /** The field of an object; of several of one name, the last. */
  #field(bytes: Buffer, start: number, to: number): Place | undefined {
    if (bytes[start] !== OPEN) return undefined;
    let place: Place | undefined;
    for (let at = start + 1; ; at++) {
      const name = skipBlank(bytes, at, to);
      const afterName = skipValue(bytes, name, to);
      if (bytes[name] !== QUOTE || afterName === NO_VALUE) return undefined;
      const colon = skipBlank(bytes, afterName, to);
      if (bytes[colon] !== COLON) return undefined;
      const value = skipBlank(bytes, colon + 1, to);
      const isText = this.#isName(bytes, name + 1, afterName - 1);
      if (isText === undefined || (isText && bytes[value] !== QUOTE)) return undefined;
      const after = isText ? closingQuote(bytes, value + 1, to) + 1 : skipValue(bytes, value, to);
      if (after <= 0) return undefined;
      if (isText) place = { from: value + 1, to: after - 1 };
      at = skipBlank(bytes, after, to);
      if (bytes[at] === CLOSE) return skipBlank(bytes, at + 1, to) === to ? place : undefined;
      if (bytes[at] !== COMMA) return undefined;
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

function ownText(bytes: Buffer, start: number, end: number): Place | undefined {
  const close = closingQuote(bytes, start + 1, end);
  if (close < 0 || skipBlank(bytes, close + 1, end) !== end) return undefined;
  return { from: start + 1, to: close };
}
