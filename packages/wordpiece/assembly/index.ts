// The WebAssembly engine: UTF-8 in, ids out, 64 bytes at a time. AssemblyScript; compiled into
// src/engine-module.ts by tools/reference/wordpiece_wasm.mjs.
//
// 1. SIMD comparisons class 64 bytes into bit maps: letters and digits, punctuation, the rest. Word
//    starts and punctuation marks are the set bits of one of them.
// 2. An ASCII word of up to 8 bytes is its own hash key; a two-way cache answers with up to three ids
//    packed in 64 bits (20 bits each, the count on top). Words of up to 16 and 32 bytes have tables
//    of larger entries. Keys are compared whole: a hit is exact.
// 3. A miss walks the trie. So does a word too long or with too many pieces for its table.
// 4. Anything else than ASCII takes the slow lane: a table look-up a code point, the normalized word
//    gathers in a scratch area, then the same caches.
// 5. Line feeds are found among the 64 bytes, too: lines are encoded in one go, whatever their length.
// The host lays out the memory and guarantees 64 readable bytes after the input, valid UTF-8, and
// room for one id an input byte and 16 more. Two things go back to the host: characters that may have
// to be reordered, and U+0000 kept as text, which zero-padded keys cannot hold.

import { placeAsIs, shift, startPlaces } from './places';
import { endRow, feedMask, rowAt, startRows } from './rows';
import { isBoundary, resume, slow } from './slow';
import { fold, missSmall, MULTIPLIER, putPacked, scratch, small, SMALL_BITS, word } from './words';

export { configure, setModel, workSize } from './words';

/**
 * Encodes rows of `input`. Row r ends at input + ends[r] and starts where the one before ends; the ids
 * written so far are counted into splits[r].
 *
 * @param lines every row but the last ends with its only line feed
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

/**
 * Finds the rows of `length` bytes, each up to and with its line feed, and writes the ends of the
 * first `room`.
 *
 * @returns how many there are; the last one is counted even if it has no line feed
 */
export function splitLines(input: usize, length: u32, ends: usize, room: u32): u32 {
  const feed = i8x16.splat(10);
  let count: u32 = 0;
  let last: u32 = 0;
  for (let at: u32 = 0; at < length; at += 16) {
    let found = i8x16.bitmask(i8x16.eq(v128.load(input + at), feed)) as u32;
    while (found) {
      const end = at + ctz(found) + 1;
      found &= found - 1;
      if (end > length) break;
      if (count < room) store<u32>(ends + ((count as usize) << 2), end);
      count++;
      last = end;
    }
  }
  if (last < length) {
    if (count < room) store<u32>(ends + ((count as usize) << 2), length);
    count++;
  }
  return count;
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
  const foldMask = fold;
  const smallTable = small;
  const lineFeeds = feedMask();
  while (p < end) {
    const part0 = v128.load(p);
    const part1 = v128.load(p, 16);
    const part2 = v128.load(p, 32);
    const part3 = v128.load(p, 48);
    let words = bitMap(wordBytes(part0), wordBytes(part1), wordBytes(part2), wordBytes(part3));
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
    const moved = isSigned<T>() ? shift : 0;
    for (;;) {
      let here = feeds ? starts & ((feeds & (0 - feeds)) - 1) : starts;
      starts ^= here;
      while (here) {
        const i = ctz(here);
        here &= here - 1;
        const isMark = (marks >> i) & 1;
        const length = ctz(~(words >> i)) + isMark;
        const at = p + (i as usize);
        const folding = foldMask & (isMark - 1);
        const before = out;
        if (length <= 8) {
          const key = (load<u64>(at) | folding) & (~(0 as u64) >> (64 - 8 * length));
          const bucket = smallTable + ((((key * MULTIPLIER) >> (64 - SMALL_BITS)) as usize) << 5);
          let value: u64 = 0;
          if (load<u64>(bucket) === key) {
            value = load<u64>(bucket, 8);
          } else if (load<u64>(bucket, 16) === key) {
            value = load<u64>(bucket, 24);
            v128.store(bucket, v128.load(bucket), 16);
            store<u64>(bucket, key);
            store<u64>(bucket, value, 8);
          } else {
            store<u64>(scratch, key);
            out = missSmall<T>(key, bucket, length as u32, out);
            if (isSigned<T>()) placeAsIs(before, out, (at as u32) + moved, length as u32);
            continue;
          }
          putPacked<T>(out, value);
          out += ((value >> 60) as usize) * sizeof<T>();
        } else {
          const folds = i64x2.splat(folding);
          v128.store(scratch, v128.or(v128.load(at), folds));
          v128.store(scratch, v128.or(v128.load(at, 16), folds), 16);
          v128.store(scratch, v128.or(v128.load(at, 32), folds), 32);
          v128.store(scratch, v128.or(v128.load(at, 48), folds), 48);
          out = word<T>(length as u32, out);
        }
        if (isSigned<T>()) placeAsIs(before, out, (at as u32) + moved, length as u32);
      }
      if (!feeds) break;
      feeds &= feeds - 1;
      endRow<T>(out);
    }
    p += limit as usize;
    if (others || limit === 0) {
      out = slow<T>(p, end, out);
      if (out === 0) return 0;
      p = resume;
    }
  }
  return out;
}
