// The characters of a JSON string to a text of its own.

const QUOTE: u32 = 34;
const BACKSLASH: u32 = 92;
const UNIT: u32 = 117; // as in \u0041

let past: usize = 0;

/** Where the string that was unescaped last ends, its quote included. */
export function stringEnd(): usize {
  return past;
}

/**
 * Unescapes the characters from `from` up to a quote before `to` into `output`, which does not overlap them and has
 * room for as many bytes and 16 more. Half of a surrogate pair becomes U+FFFD, as wherever strings become UTF-8.
 *
 * @returns the end of the text, or 0 if this is no string
 */
export function unescape(from: usize, to: usize, output: usize): usize {
  let read = from;
  let out = output;
  while (read < to) {
    const bytes = v128.load(read);
    v128.store(out, bytes);
    const stops = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(34)), i8x16.eq(bytes, i8x16.splat(92))),
      i8x16.lt_u(bytes, i8x16.splat(32)),
    );
    const found = i8x16.bitmask(stops) as u32;
    const plain: usize = found ? (ctz(found) as usize) : 16;
    read += plain;
    out += plain;
    if (found === 0) continue;
    if (read >= to) return 0;
    const byte = load<u8>(read) as u32;
    if (byte === QUOTE) {
      past = read + 1;
      return out;
    }
    if (byte !== BACKSLASH || read + 1 >= to) return 0;
    const kind = load<u8>(read, 1) as u32;
    if (kind !== UNIT) {
      const character = escaped(kind);
      if (character === 0) return 0;
      store<u8>(out++, character);
      read += 2;
      continue;
    }
    const unit = unitAt(read, to);
    if (unit < 0) return 0;
    read += 6;
    const low = unit >= 0xd800 && unit < 0xdc00 ? unitAt(read, to) : -1;
    const isPair = low >= 0xdc00 && low < 0xe000;
    if (isPair) read += 6;
    out = put(out, isPair ? (unit - 0xd7f7) * 1024 + low : unit);
  }
  return 0;
}

/** What stands for one character after a backslash; 0 for what does not. */
function escaped(kind: u32): u32 {
  switch (kind) {
    case 110:
      return 10;
    case 34:
    case 92:
    case 47:
      return kind;
    case 98:
      return 8;
    case 102:
      return 12;
    case 114:
      return 13;
    case 116:
      return 9;
    default:
      return 0;
  }
}

/** The UTF-16 unit that the escape at `at` stands for, or -1. */
function unitAt(at: usize, to: usize): i32 {
  if (at + 6 > to || load<u8>(at) !== BACKSLASH || load<u8>(at, 1) !== UNIT) return -1;
  let unit: i32 = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const byte = load<u8>(i) as u32;
    const letter = byte | 32;
    if (byte - 48 < 10) unit = 16 * unit + byte - 48;
    else if (letter - 97 < 6) unit = 16 * unit + letter - 87;
    else return -1;
  }
  return unit;
}

/** Writes a character as UTF-8, half of a pair as U+FFFD; returns its end. */
function put(at: usize, character: i32): usize {
  const code = character >= 0xd800 && character < 0xe000 ? 0xfffd : character;
  if (code < 0x80) {
    store<u8>(at, code);
    return at + 1;
  }
  if (code < 0x800) {
    store<u8>(at, 0xc0 | (code >> 6));
    return putRest(at + 1, code, 0);
  }
  if (code < 0x10000) {
    store<u8>(at, 0xe0 | (code >> 12));
    return putRest(at + 1, code, 6);
  }
  store<u8>(at, 0xf0 | (code >> 18));
  return putRest(at + 1, code, 12);
}

/** The bytes after the first: six bits each, the highest moved by `shift`. */
function putRest(at: usize, code: i32, shift: i32): usize {
  let end = at;
  for (let bits = shift; bits >= 0; bits -= 6) store<u8>(end++, 0x80 | ((code >> bits) & 63));
  return end;
}
