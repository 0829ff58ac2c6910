// JSON passed over, value by value, without making anything of it; as strictly as JSON.parse reads it.

import { BACKSLASH, isEscape, QUOTE } from './json-string.js';

/** Says that there is no value, or one that is nested too deeply to be passed over here. */
export const NO_VALUE = -1;

const DEEPEST = 64;
const COMMA = 44;
const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Past blanks. */
export function skipBlank(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isBlank(bytes[at] ?? 0)) at++;
  return at;
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

/** Past the value that begins at `at`, or NO_VALUE. */
export function skipValue(bytes: Uint8Array, at: number, to: number, depth = 0): number {
  if (at >= to) return NO_VALUE;
  const first = bytes[at] ?? 0;
  if (first === QUOTE) return skipString(bytes, at + 1, to);
  if (first === 123 || first === 91) return skipMembers(bytes, at, to, depth + 1);
  if (first === 45 || isDigit(first)) return skipNumber(bytes, at, to);
  const word = WORDS.find((letters) => letters[0] === first);
  if (!word || at + word.length > to) return NO_VALUE;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return NO_VALUE;
  return at + word.length;
}

/** Past an object or array. */
function skipMembers(bytes: Uint8Array, open: number, to: number, depth: number): number {
  if (depth > DEEPEST) return NO_VALUE;
  const isObject = bytes[open] === 123;
  const close = isObject ? 125 : 93;
  let at = skipBlank(bytes, open + 1, to);
  if (at < to && bytes[at] === close) return at + 1;
  for (;;) {
    if (isObject) {
      at = bytes[at] === QUOTE ? skipString(bytes, at + 1, to) : NO_VALUE;
      if (at === NO_VALUE) return NO_VALUE;
      at = skipBlank(bytes, at, to);
      if (bytes[at] !== 58) return NO_VALUE;
      at = skipBlank(bytes, at + 1, to);
    }
    at = skipValue(bytes, at, to, depth);
    if (at === NO_VALUE) return NO_VALUE;
    at = skipBlank(bytes, at, to);
    if (at >= to) return NO_VALUE;
    if (bytes[at] === close) return at + 1;
    if (bytes[at] !== COMMA) return NO_VALUE;
    at = skipBlank(bytes, at + 1, to);
  }
}

/** Past a string whose characters begin at `from`. */
function skipString(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < 32) return NO_VALUE;
    if (byte !== BACKSLASH) continue;
    if (!isEscape(bytes, at, to)) return NO_VALUE;
    at++;
  }
  return NO_VALUE;
}

/** Past a number: a minus, whole digits without a leading nought, a fraction, an exponent. */
function skipNumber(bytes: Uint8Array, from: number, to: number): number {
  const first = bytes[from] === 45 ? from + 1 : from;
  let at = skipDigits(bytes, first, to);
  if (at === first || (bytes[first] === 48 && at > first + 1)) return NO_VALUE;
  if (at < to && bytes[at] === 46) {
    const end = skipDigits(bytes, at + 1, to);
    if (end === at + 1) return NO_VALUE;
    at = end;
  }
  if (at >= to || ((bytes[at] ?? 0) | 32) !== 101) return at;
  const sign = bytes[at + 1];
  const digits = sign === 43 || sign === 45 ? at + 2 : at + 1;
  const end = skipDigits(bytes, digits, to);
  return end === digits ? NO_VALUE : end;
}

function skipDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(bytes[at] ?? 0)) at++;
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
