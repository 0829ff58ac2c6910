// The slow lane: anything else than ASCII, a code point at a time. Its words wait in the window with the others, unless
// places are asked for: those of a normalized word are noted byte by byte, for one word at a time.

import { breakBefore } from './breaks';
import { ITEM, SCRATCH } from './layout';
import { mark, placeMarked, setShift, shift } from './places';
import { putValue } from './values';
import { blocks, entries, find, fold, maxWordLength, pool, TOO_LONG } from './words';

const KEEP: u32 = 0;
const DELETE: u32 = 1;
const SPACE: u32 = 2;
const ISOLATE: u32 = 3;
const MAP: u32 = 4;
const HANGUL: u32 = 5;

/** Whether the character of two or more bytes at `at` ends a word. */
export function isBoundary(at: usize): bool {
  let c = load<u8>(at) as u32;
  if (c < 0xe0) {
    if (c < 0x80) return false;
    c = ((c & 0x1f) << 6) | ((load<u8>(at, 1) as u32) & 0x3f);
  } else if (c < 0xf0) {
    c =
      ((c & 0x0f) << 12) |
      (((load<u8>(at, 1) as u32) & 0x3f) << 6) |
      ((load<u8>(at, 2) as u32) & 0x3f);
  } else {
    return false;
  }
  const block = load<u16>(blocks + ((c >> 7) << 1)) as u32;
  const kind = load<u32>(entries + ((((block << 7) | (c & 127)) as usize) << 2)) & 7;
  return kind === SPACE || kind === ISOLATE;
}

/** Where `slow` stopped reading. */
export let resume: usize = 0;
/** Whether it stopped at what the host must do. */
export let isForHost: bool = false;

/** Where the next word is normalized. */
let free: usize = SCRATCH;

/** Forgets the words that were normalized. */
export function forgetWords(): void {
  free = SCRATCH;
}

/**
 * Takes words from `from` to the next ASCII word, or to the first that starts at `stop` or behind, a code point at a time.
 *
 * @param output where the next item goes; with places, where the next id goes, and the ids are written
 * @returns the end of what was written
 */
export function slow<T>(from: usize, end: usize, stop: usize, output: usize): usize {
  let p = from;
  let out = output;
  let length: u32 = 0;
  let characters: u32 = 0;
  let word0 = free;
  const folding = fold;
  // where the word is in the text, in UTF-16 units
  let unit = isSigned<T>() ? (p as u32) + shift : 0;
  let first: u32 = 0;
  let last: u32 = 0;
  isForHost = false;
  while (p < end) {
    if (characters === 0 && p >= stop) break;
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
      if (c === 0) {
        isForHost = true;
        break;
      }
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
        out = finish<T>(word0, length, characters, out, first, last);
        word0 = after<T>(word0, length);
        length = 0;
        characters = 0;
      }
      if (c === 10) breakBefore(out);
    } else if (kind === ISOLATE) {
      if (characters > 0) {
        out = finish<T>(word0, length, characters, out, first, last);
        word0 = after<T>(word0, length);
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
      out = finish<T>(word0, length, 1, out, from0, unit);
      word0 = after<T>(word0, length);
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
      isForHost = true;
      break;
    }
    // a word that is too long is counted, not kept
    if (characters > maxWordLength) length = 0;
    p += size;
  }
  if (characters > 0) {
    out = finish<T>(word0, length, characters, out, first, last);
    word0 = after<T>(word0, length);
  }
  free = word0;
  resume = p;
  if (isSigned<T>()) setShift(unit - (p as u32));
  return out;
}

// @ts-expect-error: decorator
@inline
function finish<T>(
  at: usize,
  length: u32,
  characters: u32,
  out: usize,
  first: u32,
  last: u32,
): usize {
  const known = characters > maxWordLength ? TOO_LONG : length;
  if (isSigned<T>()) {
    const stop = putValue<T>(find(at, known), out);
    placeMarked(out, stop, first, last);
    return stop;
  }
  store<u32>(out, at as u32, 8);
  store<u32>(out, known, 12);
  return out + ITEM;
}

/** Where the word after one at `at` may be normalized: behind it if it waits in the window. */
// @ts-expect-error: decorator
@inline
function after<T>(at: usize, length: u32): usize {
  return isSigned<T>() ? at : at + (length as usize);
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
