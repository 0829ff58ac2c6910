// Sentences and lines, in place; the rule is told in src/sentences.ts.

import { blankEnds } from './white-space';

const LINE_FEED: u8 = 10;
const STOP: u8 = 46;
const SPACE: u8 = 32;
const LONGEST_ABBREVIATION: u32 = 6;

/** Abbreviations, each the bytes of its small letters and stops as one number, open addressing; 0 is an empty slot. */
const SLOTS: usize = 512;
const abbreviations: usize = memory.data(4096);
const SMALL_LETTERS: u64 = 0x2020202020202020;

/** 1 for bytes that can open a sentence: capitals, digits, quotes, brackets, and anything outside ASCII. */
const openers: usize = memory.data(256);
for (let byte: u32 = 0; byte < 256; byte++) store<u8>(openers + byte, isOpener(byte) ? 1 : 0);

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

/** Takes the letters and stops of [from, to), at most six, for an abbreviation. Eight bytes before `from` can be read. */
export function addAbbreviation(from: usize, to: usize): void {
  const key = abbreviationBefore(to, (to - from) as u32);
  store<u64>(slotOf(key), key);
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

/** Other scripts have no capitals to wait for. */
function isOpener(byte: u32): bool {
  if (byte - 65 < 26 || byte - 48 < 10 || byte > 127) return true;
  return byte === 34 || byte === 39 || byte === 40 || byte === 91;
}

// @ts-expect-error: decorator
@inline
function canOpen(byte: u32): bool {
  return load<u8>(openers + (byte as usize)) !== 0;
}

/** Whether the stop at `at` ends an abbreviation or an initial rather than a sentence. */
function isShort(start: usize, at: usize): bool {
  const length = min(lettersBefore(at), (at - start) as u32);
  if (length === 0 || length > LONGEST_ABBREVIATION) return false;
  if (length === 1) {
    const only = load<u8>(at - 1);
    return only <= 90 && only !== 73; // "J." but not "I."
  }
  return load<u64>(slotOf(abbreviationBefore(at, length))) !== 0;
}

/** How many of the eight bytes before `at`, from the last on, are letters and stops. */
// @ts-expect-error: decorator
@inline
function lettersBefore(at: usize): u32 {
  const bytes = v128.load64_zero(at - 8);
  const small = i8x16.sub(v128.or(bytes, i8x16.splat(32)), i8x16.splat(97));
  const letters = v128.or(
    i8x16.lt_u(small, i8x16.splat(26)),
    i8x16.eq(bytes, i8x16.splat(STOP as i8)),
  );
  return clz(~((i8x16.bitmask(letters) as u32) << 24));
}

// @ts-expect-error: decorator
@inline
function abbreviationBefore(at: usize, length: u32): u64 {
  return (load<u64>(at - 8) | SMALL_LETTERS) >> ((64 - 8 * length) as u64);
}

/** Where this abbreviation stands, or would. */
function slotOf(key: u64): usize {
  let slot = ((key * 0x9e3779b97f4a7c15) >> 55) as usize;
  for (;;) {
    const found = load<u64>(abbreviations + (slot << 3));
    if (found === key || found === 0) break;
    slot = (slot + 1) & (SLOTS - 1);
  }
  return abbreviations + (slot << 3);
}
