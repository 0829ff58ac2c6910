// Sentences and lines, in place; the rule is told in src/sentences.ts.

import { blankEnds } from './white-space';

const LINE_FEED: u8 = 10;
const STOP: u8 = 46;
const SPACE: u8 = 32;
const LONGEST_ABBREVIATION: usize = 6;

/** Abbreviations as numbers, open addressing; 0 is an empty slot. */
const SLOTS: u32 = 512;
const abbreviations: usize = memory.data(2048);

/** Makes each sentence of [from, to) a line, and says how many there are, blank ones included. */
export function sentencesToLines(from: usize, to: usize): u32 {
  let lines: u32 = 1;
  let start = from;
  let at = nextMark(from, to);
  while (at < to) {
    const mark = load<u8>(at);
    if (mark === LINE_FEED) {
      blankEnds(start, at++);
      lines++;
      start = at;
    } else {
      const close = skipClosing(at + 1, to);
      const opening = skipSpaces(close, to);
      if (opening > close && opening < to && canOpen(load<u8>(opening))) {
        if (mark !== STOP || !isShort(from, at)) {
          blankEnds(start, close);
          store<u8>(close, LINE_FEED);
          start = close + 1;
          memory.fill(start, SPACE, opening - start);
          lines++;
        }
      }
      at = opening;
    }
    at = nextMark(at, to);
  }
  blankEnds(start, to);
  return lines;
}

/** Keeps the lines of [from, to), with spaces over other white space at their ends; says how many there are. */
export function linesToLines(from: usize, to: usize): u32 {
  const feeds = i8x16.splat(LINE_FEED);
  let lines: u32 = 1;
  let start = from;
  for (let at = from; at < to; at += 16) {
    let found = i8x16.bitmask(i8x16.eq(v128.load(at), feeds)) as u32;
    while (found) {
      const feed = at + (ctz(found) as usize);
      found &= found - 1;
      if (feed >= to) break;
      blankEnds(start, feed);
      lines++;
      start = feed + 1;
    }
  }
  blankEnds(start, to);
  return lines;
}

/** Takes the letters and stops of [from, to) for an abbreviation. */
export function addAbbreviation(from: usize, to: usize): void {
  const key = packed(from, to);
  store<u32>(slotOf(key), key);
}

/** The first byte of [from, to) at which a sentence may end (line feed, full stop, question or exclamation mark), or `to`. */
// @ts-expect-error: decorator
@inline
function nextMark(from: usize, to: usize): usize {
  for (let at = from; at < to; at += 16) {
    const bytes = v128.load(at);
    const marks = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(10)), i8x16.eq(bytes, i8x16.splat(46))),
      v128.or(i8x16.eq(bytes, i8x16.splat(33)), i8x16.eq(bytes, i8x16.splat(63))),
    );
    const found = i8x16.bitmask(marks) as u32;
    if (found) return min(at + (ctz(found) as usize), to);
  }
  return to;
}

/** Past any further marks and closing quotes or brackets: . ! ? " ' ) ] ” ’ » */
function skipClosing(from: usize, to: usize): usize {
  let at = from;
  while (at < to) {
    const byte = load<u8>(at);
    if (byte === STOP || byte === 33 || byte === 63 || byte === 34) at++;
    else if (byte === 39 || byte === 41 || byte === 93) at++;
    else if (byte === 0xc2 && load<u8>(at, 1) === 0xbb) at += 2;
    else if (byte !== 0xe2 || load<u8>(at, 1) !== 0x80) return at;
    else if (load<u8>(at, 2) === 0x9d || load<u8>(at, 2) === 0x99) at += 3;
    else return at;
  }
  return to;
}

/** Past spaces, tabs, carriage returns and no-break spaces. */
function skipSpaces(from: usize, to: usize): usize {
  let at = from;
  while (at < to) {
    const byte = load<u8>(at);
    if (byte === SPACE || byte === 9 || byte === 13) at++;
    else if (byte === 0xc2 && load<u8>(at, 1) === 0xa0) at += 2;
    else return at;
  }
  return to;
}

/** Capitals, digits, quotes, brackets and anything outside ASCII (other scripts have no capitals to wait for). */
function canOpen(byte: u32): bool {
  if (byte - 65 < 26 || byte - 48 < 10 || byte > 127) return true;
  return byte === 34 || byte === 39 || byte === 40 || byte === 91;
}

/** Whether the stop at `at` ends an abbreviation or an initial rather than a sentence. */
function isShort(start: usize, at: usize): bool {
  let from = at;
  while (from > start && at - from < 8) {
    const byte = load<u8>(from - 1);
    if ((byte | 32) - 97 >= 26 && byte !== STOP) break;
    from--;
  }
  const length = at - from;
  if (length === 0) return false;
  const first = load<u8>(from);
  if (length === 1) return first <= 90 && first !== 73; // "J." but not "I."
  if (length > LONGEST_ABBREVIATION) return false;
  return load<u32>(slotOf(packed(from, at))) !== 0;
}

/** Where this abbreviation stands, or would. */
function slotOf(key: u32): usize {
  let slot = (key * 0x9e3779b1) >> 23;
  for (;;) {
    const found = load<u32>(placeOf(slot));
    if (found === key || found === 0) break;
    slot = (slot + 1) & (SLOTS - 1);
  }
  return placeOf(slot);
}

// @ts-expect-error: decorator
@inline
function placeOf(slot: u32): usize {
  return abbreviations + ((slot as usize) << 2);
}

/** Up to six letters and stops as one number, whatever their case: five bits each. */
function packed(from: usize, to: usize): u32 {
  let key: u32 = 1;
  for (let at = from; at < to; at++) {
    const byte = load<u8>(at) as u32;
    key = (key << 5) | (byte === (STOP as u32) ? 27 : byte & 31);
  }
  return key;
}
