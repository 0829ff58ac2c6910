// The characters of a JSON string, unescaped in place.

export const QUOTE = 34;
export const BACKSLASH = 92;

/** Says that the characters are none of a JSON string. */
export const NO_STRING = -1;

const UNIT = 117; // as in \u0041
const SHORT_RUN = 24;

/** What stands for one character after a backslash; 0 for what does not. */
const ESCAPED = new Uint8Array(256);
for (const [letter = '', character = ''] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'])
  ESCAPED[letter.charCodeAt(0)] = character.charCodeAt(0);

/** The quote that ends the string whose characters begin at `from`, or -1. */
export function closingQuote(bytes: Buffer, from: number, to: number): number {
  for (let at = from; ; ) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0 || quote >= to) return -1;
    let slashes = quote;
    while (slashes > from && bytes[slashes - 1] === BACKSLASH) slashes--;
    if ((quote - slashes) % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** Whether the backslash at `at` begins an escape. */
export function isEscape(bytes: Uint8Array, at: number, to: number): boolean {
  if (at + 1 >= to) return false;
  const kind = bytes[at + 1] ?? 0;
  return kind === UNIT ? unitAt(bytes, at, to) >= 0 : ESCAPED[kind] !== 0;
}

/**
 * Unescapes the first `length` bytes, which are what lies between the quotes of a JSON string in UTF-8. Half of a
 * surrogate pair becomes U+FFFD, as wherever strings become UTF-8.
 *
 * @param fours the same bytes, see foursOf
 * @returns how many bytes are left, or NO_STRING
 */
export function unescapeInPlace(bytes: Buffer, fours: Int32Array, length: number): number {
  let read = plainEnd(bytes, fours, 0, length);
  let written = read;
  while (read < length) {
    if (bytes[read] !== BACKSLASH || !isEscape(bytes, read, length)) return NO_STRING;
    const simple = ESCAPED[bytes[read + 1] ?? 0] ?? 0;
    if (simple > 0) {
      bytes[written++] = simple;
      read += 2;
    } else {
      const unit = unitAt(bytes, read, length);
      read += 6;
      const low = unit >= 0xd800 && unit < 0xdc00 ? unitAt(bytes, read, length) : -1;
      const isPair = low >= 0xdc00 && low < 0xe000;
      if (isPair) read += 6;
      written = put(bytes, written, isPair ? (unit - 0xd7f7) * 1024 + low : unit);
    }
    const end = plainEnd(bytes, fours, read, length);
    if (end - read > SHORT_RUN) {
      bytes.copyWithin(written, read, end);
      written += end - read;
      read = end;
    } else while (read < end) bytes[written++] = bytes[read++] ?? 0;
  }
  return written;
}

/** The first backslash or control character in [from, to), or `to`. */
function plainEnd(bytes: Uint8Array, fours: Int32Array, from: number, to: number): number {
  const end = Math.min(to, 4 * fours.length) - 3;
  let i = from;
  while (i < to) {
    if ((i & 3) === 0) {
      while (i < end && arePlain(fours[i >> 2] ?? 0)) i += 4;
      if (i >= to) return to;
    }
    const byte = bytes[i] ?? 0;
    if (byte === BACKSLASH || byte < 32) return i;
    i++;
  }
  return to;
}

/** Whether none of four bytes is a backslash or a control character; now and then not seen. */
function arePlain(four: number): boolean {
  const slash = four ^ 0x5c5c5c5c;
  const isControl = (four - 0x20202020) & ~four; // in the top bit of a byte
  const isSlash = (slash - 0x01010101) & ~slash;
  return ((isControl | isSlash) & 0x80808080) === 0;
}

/** The UTF-16 unit that the escape at `at` stands for, or -1. */
function unitAt(bytes: Uint8Array, at: number, to: number): number {
  if (at + 6 > to || bytes[at] !== BACKSLASH || bytes[at + 1] !== UNIT) return -1;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const byte = bytes[i] ?? 0;
    const letter = byte | 32;
    if (byte >= 48 && byte <= 57) unit = 16 * unit + byte - 48;
    else if (letter >= 97 && letter <= 102) unit = 16 * unit + letter - 87;
    else return -1;
  }
  return unit;
}

/** Writes a character as UTF-8, half of a pair as U+FFFD; returns its end. */
function put(bytes: Uint8Array, at: number, character: number): number {
  const code = character >= 0xd800 && character < 0xe000 ? 0xfffd : character;
  let end = at;
  if (code < 0x80) bytes[end++] = code;
  else {
    if (code < 0x800) bytes[end++] = 0xc0 | (code >> 6);
    else {
      if (code < 0x10000) bytes[end++] = 0xe0 | (code >> 12);
      else {
        bytes[end++] = 0xf0 | (code >> 18);
        bytes[end++] = 0x80 | ((code >> 12) & 63);
      }
      bytes[end++] = 0x80 | ((code >> 6) & 63);
    }
    bytes[end++] = 0x80 | (code & 63);
  }
  return end;
}
