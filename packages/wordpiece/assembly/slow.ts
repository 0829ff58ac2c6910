// The slow lane: anything else than ASCII, a code point at a time.

import { SCRATCH } from './layout';
import { mark, placeMarked, setShift, shift } from './places';
import { endRow } from './rows';
import { put, putValue } from './values';
import { blocks, entries, find, fold, maxWordLength, pool, unknown } from './words';

const KEEP: u32 = 0;
const DELETE: u32 = 1;
const SPACE: u32 = 2;
const ISOLATE: u32 = 3;
const MAP: u32 = 4;
const HANGUL: u32 = 5;

/** White space, or a mark that is a word: it ends the word before it. */
export const EDGE: u32 = 8;
/** A mark that is a word as it stands. */
export const MARK: u32 = 16;
/** White space or such a mark: no need for the slow lane. */
export const ALONE: u32 = 32;
/** Of its bytes. */
export const SIZE: u32 = 7;

/** What the character at `at` is, of two or three bytes: flags and its size; 0 for all others. */
export function edgeAt(at: usize): u32 {
  let c = load<u8>(at) as u32;
  let size: u32 = 2;
  if (c < 0xe0) {
    if (c < 0x80) return 0;
    c = ((c & 0x1f) << 6) | ((load<u8>(at, 1) as u32) & 0x3f);
  } else if (c < 0xf0) {
    c =
      ((c & 0x0f) << 12) |
      (((load<u8>(at, 1) as u32) & 0x3f) << 6) |
      ((load<u8>(at, 2) as u32) & 0x3f);
    size = 3;
  } else {
    return 0;
  }
  const block = load<u16>(blocks + ((c >> 7) << 1)) as u32;
  const entry = load<u32>(entries + ((((block << 7) | (c & 127)) as usize) << 2));
  const kind = entry & 7;
  if (kind === SPACE) return EDGE | ALONE | size;
  if (kind !== ISOLATE) return 0;
  const isMapped = entry >> 3 !== 0;
  return isMapped ? EDGE : EDGE | ALONE | MARK | size;
}

/** Where `slow` stopped reading. */
export let resume: usize = 0;

/**
 * Encodes from `from` to the next ASCII word, a code point at a time.
 *
 * @returns the end of the output, or 0 if the host must do this text
 */
export function slow<T>(from: usize, end: usize, output: usize): usize {
  let p = from;
  let out = output;
  let length: u32 = 0;
  let characters: u32 = 0;
  const word0 = SCRATCH;
  const folding = fold;
  // where the word is in the text, in UTF-16 units
  let unit = isSigned<T>() ? (p as u32) + shift : 0;
  let first: u32 = 0;
  let last: u32 = 0;
  while (p < end) {
    let c = load<u8>(p) as u32;
    let size: usize = 1;
    if (c >= 0x80) {
      if (c < 0xe0) {
        c = ((c & 0x1f) << 6) | ((load<u8>(p, 1) as u32) & 0x3f);
        size = 2;
      } else if (c < 0xf0) {
        c =
          ((c & 0x0f) << 12) |
          (((load<u8>(p, 1) as u32) & 0x3f) << 6) |
          ((load<u8>(p, 2) as u32) & 0x3f);
        size = 3;
      } else {
        c =
          ((c & 0x07) << 18) |
          (((load<u8>(p, 1) as u32) & 0x3f) << 12) |
          (((load<u8>(p, 2) as u32) & 0x3f) << 6) |
          ((load<u8>(p, 3) as u32) & 0x3f);
        size = 4;
      }
    } else if (isAlphanumeric(c)) {
      if (characters === 0 && p !== from) break;
      store<u8>(word0 + (length as usize), c | folding);
      if (isSigned<T>()) {
        mark(length, 1, unit, unit + 1);
        if (characters === 0) first = unit;
        last = ++unit;
      }
      length = characters >= maxWordLength ? 0 : length + 1;
      characters++;
      p++;
      continue;
    }
    const block = load<u16>(blocks + ((c >> 7) << 1)) as u32;
    const entry = load<u32>(entries + ((((block << 7) | (c & 127)) as usize) << 2));
    const kind = entry & 7;
    const from0 = unit;
    if (isSigned<T>()) unit += size === 4 ? 2 : 1;
    if (kind === KEEP) {
      if (c === 0) return 0;
      store<u32>(word0 + (length as usize), load<u32>(p));
      if (isSigned<T>()) {
        mark(length, size as u32, from0, unit);
        if (characters === 0) first = from0;
        last = unit;
      }
      length += size as u32;
      characters++;
    } else if (kind === MAP) {
      v128.store(word0 + (length as usize), v128.load(pool + ((entry >> 11) as usize)));
      if (isSigned<T>()) {
        mark(length, (entry >> 3) & 31, from0, unit);
        if (characters === 0) first = from0;
        last = unit;
      }
      length += (entry >> 3) & 31;
      characters += (entry >> 8) & 7;
    } else if (kind === SPACE) {
      if (characters > 0) {
        out = finish<T>(length, characters, out, first, last);
        length = 0;
        characters = 0;
      }
      if (c === 10) endRow<T>(out);
    } else if (kind === ISOLATE) {
      if (characters > 0) {
        out = finish<T>(length, characters, out, first, last);
        length = 0;
        characters = 0;
      }
      if (entry >> 3) {
        v128.store(word0, v128.load(pool + ((entry >> 11) as usize)));
        length = (entry >> 3) & 31;
      } else {
        store<u32>(word0, load<u32>(p));
        length = size as u32;
      }
      if (isSigned<T>()) mark(0, length, from0, unit);
      out = finish<T>(length, 1, out, from0, unit);
      length = 0;
    } else if (kind === HANGUL) {
      const index = c - 0xac00;
      const leading = index / 588;
      const vowel = (index - leading * 588) / 28;
      const trailing = index % 28;
      putJamo(word0 + (length as usize), 0x1100 + leading);
      putJamo(word0 + (length as usize) + 3, 0x1161 + vowel);
      putJamo(word0 + (length as usize) + 6, 0x11a7 + trailing);
      if (isSigned<T>()) {
        mark(length, trailing ? 9 : 6, from0, unit);
        if (characters === 0) first = from0;
        last = unit;
      }
      length += trailing ? 9 : 6;
      characters += trailing ? 3 : 2;
    } else if (kind !== DELETE) {
      return 0;
    }
    // a word that is too long is counted, not kept
    if (characters > maxWordLength) length = 0;
    p += size;
  }
  if (characters > 0) out = finish<T>(length, characters, out, first, last);
  resume = p;
  if (isSigned<T>()) setShift(unit - (p as u32));
  return out;
}

// @ts-expect-error: decorator
@inline
function finish<T>(length: u32, characters: u32, out: usize, first: u32, last: u32): usize {
  let stop: usize;
  if (characters > maxWordLength) {
    put<T>(out, unknown);
    stop = out + sizeof<T>();
  } else {
    stop = putValue<T>(find(SCRATCH, length), out);
  }
  if (isSigned<T>()) placeMarked(out, stop, first, last);
  return stop;
}

// @ts-expect-error: decorator
@inline
function isAlphanumeric(c: u32): bool {
  return c - 48 < 10 || (c | 0x20) - 97 < 26;
}

/** Three bytes of UTF-8 in one 32-bit store. */
// @ts-expect-error: decorator
@inline
function putJamo(at: usize, c: u32): void {
  store<u32>(at, 0x8080e0 | (c >> 12) | (((c >> 6) & 0x3f) << 8) | ((c & 0x3f) << 16));
}
