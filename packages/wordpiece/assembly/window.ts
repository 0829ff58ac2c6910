// The words of a window of text: first all are found, then all are looked up, then their ids are written. So the
// caches are asked for many words at once: answers come from memory side by side, a word that is in no cache
// holds up none of those behind it, and writing has next to no branch to foretell.

import { breaksEnd, forgetBreaks } from './breaks';
import { BREAKS, BUCKETS, ITEM, ITEMS, SMALL, SPILL, TEXT, UNKNOWNS } from './layout';
import { placeAsIs, shift } from './places';
import { endRow } from './rows';
import { forgetWords } from './slow';
import { farAt, isFar, moveFar, putValue } from './values';
import { find, findSmall, middleBucket, middleKey, shortKey, smallBucket } from './words';

/**
 * Writes the ids of the items up to `itemsEnd`, and the ends of the rows among them; all are forgotten.
 *
 * @param text where the window's first byte is in the input
 * @returns the end of what was written
 */
export function drain<T>(itemsEnd: usize, text: usize, output: usize): usize {
  let bucket = BUCKETS;
  for (let item = ITEMS; item < itemsEnd; item += ITEM) {
    const key = shortKey(load<u32>(item, 8) as usize, load<u32>(item, 12));
    store<u64>(item, key);
    store<u32>(bucket, smallBucket(key) as u32);
    bucket += 4;
  }
  touch(bucket);
  let unknown = UNKNOWNS;
  bucket = BUCKETS;
  for (let item = ITEMS; item < itemsEnd; item += ITEM) {
    const found = findSmall(v128.load64_splat(item), load<u32>(bucket) as usize);
    store<u64>(item, found);
    store<u32>(unknown, item as u32);
    unknown += found === 0 ? 4 : 0;
    bucket += 4;
  }
  resolve(unknown);
  let item = ITEMS;
  let out = output;
  for (let row = BREAKS; row < breaksEnd; row += 4) {
    const stop = load<u32>(row) as usize;
    out = write<T>(item, stop, text, out);
    endRow<T>(out);
    item = stop;
  }
  forgetBreaks();
  forgetWords();
  return write<T>(item, itemsEnd, text, out);
}

/** Finds the values of the items whose addresses in UNKNOWNS end at `unknown`, which the cache of short words lacks. */
function resolve(unknown: usize): void {
  let bucket = BUCKETS;
  for (let at = UNKNOWNS; at < unknown; at += 4) {
    const item = load<u32>(at) as usize;
    const key = middleKey(load<u32>(item, 8) as usize, load<u32>(item, 12));
    store<u32>(bucket, middleBucket(key) as u32);
    bucket += 4;
  }
  touch(bucket);
  let spill = SPILL;
  for (let at = UNKNOWNS; at < unknown; at += 4) {
    const item = load<u32>(at) as usize;
    let value = find(load<u32>(item, 8) as usize, load<u32>(item, 12));
    if (isFar(value)) {
      const end = moveFar(value, spill);
      value = farAt(value, spill);
      spill = end;
    }
    store<u64>(item, value);
  }
}

let touched: u32 = 0;

/** Has what is at the addresses up to `bucketsEnd` brought from memory, as many at once as the processor can. */
// @ts-expect-error: decorator
@inline
function touch(bucketsEnd: usize): void {
  v128.store(bucketsEnd, i32x4.splat(SMALL as i32)); // what the last round has too many
  let sum: u32 = 0;
  for (let at = BUCKETS; at < bucketsEnd; at += 16) {
    sum ^= load<u32>(load<u32>(at) as usize);
    sum ^= load<u32>(load<u32>(at, 4) as usize);
    sum ^= load<u32>(load<u32>(at, 8) as usize);
    sum ^= load<u32>(load<u32>(at, 12) as usize);
  }
  touched = sum;
}

// @ts-expect-error: decorator
@inline
function write<T>(from: usize, to: usize, text: usize, output: usize): usize {
  let out = output;
  for (let item = from; item < to; item += ITEM) {
    const before = out;
    out = putValue<T>(load<u64>(item), out);
    if (isSigned<T>()) {
      const at = load<u32>(item, 8) as usize - TEXT + text;
      placeAsIs(before, out, (at as u32) + shift, load<u32>(item, 12));
    }
  }
  return out;
}
