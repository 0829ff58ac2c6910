// The WebAssembly engine: UTF-8 in, ids out, 64 bytes at a time. AssemblyScript; compiled into
// src/engine-module.ts by tools/reference/wordpiece_wasm.mjs.
//
// 1. SIMD comparisons class 64 bytes into bit maps: letters and digits, punctuation, the rest. Word
//    starts and punctuation marks are the set bits of one of them. The words of some text gather (window.ts).
// 2. An ASCII word of up to 8 bytes is its own hash key; a four-way cache answers with up to three ids
//    packed in 64 bits (values.ts). Words of up to 16 and 32 bytes have tables of larger entries. Keys
//    are compared whole: a hit is exact.
// 3. A miss walks the trie. So does a word too long or with too many pieces for its table.
// 4. Anything else than ASCII takes the slow lane: a table look-up a code point, the normalized words
//    gather in a scratch area, and wait with the others for the same caches.
// 5. Line feeds are found among the 64 bytes, too: lines are encoded in one go, whatever their length.
// The host lays out the memory behind layout.ts and guarantees 64 readable bytes after the input, valid UTF-8, and
// room for one id an input byte and 16 more. Two things go back to the host: characters that may have
// to be reordered, and U+0000 kept as text, which zero-padded keys cannot hold.

import { breakBefore } from './breaks';
import { ITEM, ITEMS, TEXT, WINDOW } from './layout';
import { startPlaces } from './places';
import { feedMask, rowAt, startRows } from './rows';
import { isBoundary, isForHost, resume, slow } from './slow';
import { drain } from './window';
import { fold } from './words';

export { configure, setModel, tablesAt } from './words';

/**
 * Encodes rows of `input`. Row r ends at input + ends[r] and starts where the one before ends; the ids
 * written so far are counted into splits[r].
 *
 * @param lines every row but the last ends with its only line feed; of `ends`, the last is needed then, and the one before `row`
 * @returns the first row that was not encoded: `stop`, or one that the host must do
 */
export function encodeRows(
  input: usize,
  ends: usize,
  splits: usize,
  row: u32,
  stop: u32,
  output: usize,
  wide: bool,
  lines: bool,
): u32 {
  const size: usize = wide ? 4 : 2;
  let at = output + (load<u32>(splits + ((row as usize) << 2)) as usize) * size;
  let start = input + (row > 0 ? (load<u32>(ends + (((row - 1) as usize) << 2)) as usize) : 0);
  startRows(output, splits + (((row + 1) as usize) << 2), lines);
  while (row < stop) {
    const last = lines ? stop - 1 : row;
    const end = input + (load<u32>(ends + ((last as usize) << 2)) as usize);
    at = wide ? encode<u32>(start, end, at) : encode<u16>(start, end, at);
    if (at === 0) return lines ? (((rowAt() - splits) >> 2) as u32) - 1 : row;
    store<u32>(splits + (((last + 1) as usize) << 2), ((at - output) / size) as u32);
    start = end;
    row = last + 1;
  }
  return row;
}

/**
 * Encodes `length` bytes with the place of each token: its UTF-16 range to `places`, the number of its
 * word to `words`.
 *
 * @returns how many tokens, or -1 if the host must do this text
 */
export function encodeAligned(
  input: usize,
  length: u32,
  output: usize,
  places: usize,
  words: usize,
): i32 {
  startRows(output, 0, false);
  startPlaces(input, output, places, words);
  const end = encode<i32>(input, input + (length as usize), output);
  return end === 0 ? -1 : (((end - output) >> 2) as i32);
}

/** How many rows `length` bytes have, each up to and with its line feed; the last one counts even if it has none. */
export function countLines(input: usize, length: u32): u32 {
  const end = input + (length as usize);
  let count: u32 = 0;
  for (let p = input; p < end; p += 64) {
    const feeds = feedsOf(v128.load(p), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48));
    count += popcnt(feeds & upTo((end - p) as u64)) as u32;
  }
  return length > 0 && load<u8>(end - 1) !== 10 ? count + 1 : count;
}

// Range checks by one signed comparison: `byte + 128 - first` as a signed byte starts at -128.

/** Letters and digits. */
// @ts-expect-error: decorator
@inline
function wordBytes(bytes: v128): v128 {
  const lower = v128.or(bytes, i8x16.splat(0x20));
  const letters = i8x16.lt_s(i8x16.add(lower, i8x16.splat(31)), i8x16.splat(-102));
  const digits = i8x16.lt_s(i8x16.add(bytes, i8x16.splat(80)), i8x16.splat(-118));
  return v128.or(letters, digits);
}

/** Everything in ASCII with ink: 33 to 126. */
// @ts-expect-error: decorator
@inline
function visible(bytes: v128): v128 {
  return i8x16.lt_s(i8x16.add(bytes, i8x16.splat(95)), i8x16.splat(-34));
}

/** Space, tab, line feed, carriage return. */
// @ts-expect-error: decorator
@inline
function gaps(bytes: v128): v128 {
  return v128.or(
    i8x16.eq(bytes, i8x16.splat(32)),
    v128.or(
      i8x16.lt_s(i8x16.add(bytes, i8x16.splat(119)), i8x16.splat(-126)),
      i8x16.eq(bytes, i8x16.splat(13)),
    ),
  );
}

// @ts-expect-error: decorator
@inline
function feedsOf(part0: v128, part1: v128, part2: v128, part3: v128): u64 {
  const feed = i8x16.splat(10);
  return bitMap(
    i8x16.eq(part0, feed),
    i8x16.eq(part1, feed),
    i8x16.eq(part2, feed),
    i8x16.eq(part3, feed),
  );
}

// @ts-expect-error: decorator
@inline
function bitMap(part0: v128, part1: v128, part2: v128, part3: v128): u64 {
  return (
    (i8x16.bitmask(part0) as u32 as u64) |
    ((i8x16.bitmask(part1) as u32 as u64) << 16) |
    ((i8x16.bitmask(part2) as u32 as u64) << 32) |
    ((i8x16.bitmask(part3) as u32 as u64) << 48)
  );
}

// @ts-expect-error: decorator
@inline
function upTo(bits: u64): u64 {
  return bits >= 64 ? ~(0 as u64) : ((1 as u64) << bits) - 1;
}

/** Ids of [from, end) written to `output`; the end of what was written, or 0 if the host must do it. */
function encode<T>(from: usize, end: usize, output: usize): usize {
  let p = from;
  let out = output;
  let text = p; // where the window starts
  let item = ITEMS;
  const folds = i8x16.splat(fold as u8);
  const lineFeeds = feedMask();
  while (p < end) {
    const part0 = v128.load(p);
    const part1 = v128.load(p, 16);
    const part2 = v128.load(p, 32);
    const part3 = v128.load(p, 48);
    const word0 = wordBytes(part0);
    const word1 = wordBytes(part1);
    const word2 = wordBytes(part2);
    const word3 = wordBytes(part3);
    const copy = p - text + TEXT;
    v128.store(copy, v128.or(part0, v128.and(word0, folds)));
    v128.store(copy, v128.or(part1, v128.and(word1, folds)), 16);
    v128.store(copy, v128.or(part2, v128.and(word2, folds)), 32);
    v128.store(copy, v128.or(part3, v128.and(word3, folds)), 48);
    let words = bitMap(word0, word1, word2, word3);
    const inked = bitMap(visible(part0), visible(part1), visible(part2), visible(part3));
    const spaces = bitMap(gaps(part0), gaps(part1), gaps(part2), gaps(part3));
    let marks = inked & ~words;
    const left = (end - p) as u64;
    const valid = upTo(left);
    words &= valid;
    marks &= valid;
    const others = ~(words | marks | spaces) & valid;
    let limit: u64 = left < 64 ? left : 64;
    if (others) {
      // a word that touches the first other byte is left to the slow lane, unless that byte ends it
      const first = ctz(others);
      limit = 64 - clz(~words & (((1 as u64) << first) - 1));
      if (limit < first && isBoundary(p + (first as usize))) limit = first;
    } else if (words >> 63) {
      // a word that touches the end of the block starts the next one
      limit = 64 - clz(~words);
    }
    const ready = upTo(limit);
    let starts = (marks | (words & ~(words << 1))) & ready;
    let feeds = lineFeeds ? feedsOf(part0, part1, part2, part3) & valid & ready & lineFeeds : 0;
    while (feeds) {
      const before = popcnt(starts & ((feeds & (0 - feeds)) - 1)) as usize;
      feeds &= feeds - 1;
      breakBefore(item + before * ITEM);
    }
    // the n-th start and the n-th end are those of the same word or mark
    let ends = (marks << 1) | (~words & (words << 1));
    while (starts) {
      const start = ctz(starts) as u32;
      store<u32>(item, copy as u32 + start, 8);
      store<u32>(item, (ctz(ends) as u32) - start, 12);
      starts &= starts - 1;
      ends &= ends - 1;
      item += ITEM;
    }
    p += limit as usize;
    const isSlow = others !== 0 || limit === 0;
    if (isSlow && !isSigned<T>()) {
      item = slow<T>(p, end, text + WINDOW, item);
      p = resume;
    }
    if (p - text >= WINDOW || (isSlow && (isSigned<T>() || isForHost))) {
      out = drain<T>(item, text, out);
      item = ITEMS;
      text = p;
    }
    if (isSlow && isSigned<T>()) {
      out = slow<T>(p, end, end, out);
      p = resume;
      text = p;
    }
    if (isSlow && isForHost) return 0;
  }
  return drain<T>(item, text, out);
}
