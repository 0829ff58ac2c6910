// Where each token came from: its UTF-16 range in the text and the number of its word. Written beside
// the ids when T is i32.

import { ORIGINS } from './layout';
import { lengths } from './words';

let ids: usize = 0; // the output
let places: usize = 0; // start and end of each token, 32 bits each
let words: usize = 0; // number of its word, 32 bits
let wordCount: u32 = 0;

/** UTF-16 position of a byte, less its address. */
export let shift: u32 = 0;

export function startPlaces(input: usize, idsAt: usize, placesAt: usize, wordsAt: usize): void {
  ids = idsAt;
  places = placesAt;
  words = wordsAt;
  wordCount = 0;
  shift = 0 - (input as u32);
}

export function setShift(value: u32): void {
  shift = value;
}

/** Notes that `size` bytes of the word from its byte `at` on came from [start, end). */
// @ts-expect-error: decorator
@inline
export function mark(at: u32, size: u32, start: u32, end: u32): void {
  const origin = (start as u64) | ((end as u64) << 32);
  for (let k: u32 = 0; k < size; k++) store<u64>(ORIGINS + (((at + k) as usize) << 3), origin);
}

// @ts-expect-error: decorator
@inline
function put(token: usize, start: u32, end: u32): void {
  const at = token - ids;
  store<u32>(places + (at << 1), start);
  store<u32>(places + (at << 1), end, 4);
  store<u32>(words + at, wordCount);
}

/** Places of the tokens [first, last) of a word that is `length` bytes of the text from `start` on. */
export function placeAsIs(first: usize, last: usize, start: u32, length: u32): void {
  if (last - first === 4) {
    put(first, start, start + length); // the unknown token, too, covers the word
  } else {
    let at = start;
    for (; first < last; first += 4) {
      const stop = at + (load<u16>(lengths + ((load<u32>(first) as usize) << 1)) as u32);
      put(first, at, stop);
      at = stop;
    }
  }
  wordCount++;
}

/** Places of the tokens [first, last) of a word whose bytes were marked. */
export function placeMarked(first: usize, last: usize, start: u32, end: u32): void {
  if (last - first === 4) {
    put(first, start, end);
  } else {
    let at = ORIGINS;
    for (; first < last; first += 4) {
      const length = load<u16>(lengths + ((load<u32>(first) as usize) << 1)) as usize;
      const stop = at + (length << 3);
      put(first, load<u32>(at), load<u32>(stop - 4));
      at = stop;
    }
  }
  wordCount++;
}
