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
// The host lays out the memory and guarantees 64 readable bytes after the input, valid UTF-8, and
// room for one id an input byte and 16 more. Two things go back to the host: characters that may have
// to be reordered, and U+0000 kept as text, which zero-padded keys cannot hold.

const KEEP: u32 = 0;
const DELETE: u32 = 1;
const SPACE: u32 = 2;
const ISOLATE: u32 = 3;
const MAP: u32 = 4;
const HANGUL: u32 = 5;

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;
const SECOND_MULTIPLIER: u64 = 0xc2b2ae3d27d4eb4f;
const ID_MASK: u64 = 0xfffff;

// addresses
let nodes: usize = 0;
let ids: usize = 0;
let blocks: usize = 0;
let entries: usize = 0;
let pool: usize = 0;
let small: usize = 0; // 16-byte entries, two a bucket
let middle: usize = 0; // 32-byte entries, two a bucket
let large: usize = 0; // 64-byte entries, one a bucket
let scratch: usize = 0; // the word
let pieces: usize = 0; // its ids, 32 bits each
let masks: usize = 0; // 32 bytes of ones, then 32 of zeros

let head: u32 = 0;
let tail: u32 = 0;
let unknown: u32 = 0;
let maxWordLength: u32 = 0;
let fold: u64 = 0;

const SMALL_BITS: u64 = 15; // buckets
const MIDDLE_BITS: u64 = 13;
const LARGE_BITS: u64 = 13;

/** Tells where the tables are. The caches must be zero. */
export function configure(
  nodesAt: usize,
  idsAt: usize,
  blocksAt: usize,
  entriesAt: usize,
  poolAt: usize,
  workAt: usize,
): void {
  nodes = nodesAt;
  ids = idsAt;
  blocks = blocksAt;
  entries = entriesAt;
  pool = poolAt;
  small = workAt;
  middle = small + (32 << (SMALL_BITS as usize));
  large = middle + (64 << (MIDDLE_BITS as usize));
  masks = large + (64 << (LARGE_BITS as usize));
  pieces = masks + 64;
  scratch = pieces + 65536;
  memory.fill(masks, 0xff, 32);
  memory.fill(masks + 32, 0, 32);
}

/** Tells what the words mean. */
export function setModel(
  headBase: u32,
  tailBase: u32,
  unknownId: u32,
  longestWord: u32,
  lowercase: bool,
): void {
  head = headBase;
  tail = tailBase;
  unknown = unknownId;
  maxWordLength = longestWord;
  fold = lowercase ? 0x2020202020202020 : 0;
}

/** Bytes of work area behind `workAt`. */
export function workSize(): usize {
  return (
    (32 << (SMALL_BITS as usize)) +
    (64 << (MIDDLE_BITS as usize)) +
    (64 << (LARGE_BITS as usize)) +
    64 +
    65536 +
    65536
  );
}

/**
 * Encodes rows of `input`. Row r ends at input + ends[r] and starts where the one before ends; the ids
 * written so far are counted into splits[r].
 *
 * @returns the first row that was not encoded: `stop`, or one that the host must do
 */
export function encodeRows(
  input: usize,
  ends: usize,
  splits: usize,
  row: u32,
  stop: u32,
  from: usize,
  output: usize,
  wide: bool,
): u32 {
  const shift: usize = wide ? 2 : 1;
  let at = output + ((row > 0 ? (load<u32>(splits + ((row as usize) << 2)) as usize) : 0) << shift);
  let start = from;
  for (; row < stop; row++) {
    const end = input + (load<u32>(ends + ((row as usize) << 2)) as usize);
    at = wide ? encode<u32>(start, end, at) : encode<u16>(start, end, at);
    if (at === 0) return row;
    store<u32>(splits + ((row as usize) << 2) + 4, ((at - output) >> shift) as u32);
    start = end;
  }
  return row;
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

// @ts-expect-error: decorator
@inline
function put<T>(output: usize, id: u32): void {
  if (sizeof<T>() === 4) store<u32>(output, id);
  else store<u16>(output, id as u16);
}

/** Writes the three ids of a packed value; the caller moves on by its count. */
// @ts-expect-error: decorator
@inline
function putPacked<T>(output: usize, value: u64): void {
  put<T>(output, (value & ID_MASK) as u32);
  put<T>(output + sizeof<T>(), ((value >> 20) & ID_MASK) as u32);
  put<T>(output + 2 * sizeof<T>(), ((value >> 40) & ID_MASK) as u32);
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
    let starts = (marks | (words & ~(words << 1))) & upTo(limit);
    while (starts) {
      const i = ctz(starts);
      starts &= starts - 1;
      const isMark = (marks >> i) & 1;
      const length = ctz(~(words >> i)) + isMark;
      const at = p + (i as usize);
      const folding = foldMask & (isMark - 1);
      if (length <= 8) {
        const key = (load<u64>(at) | folding) & (~(0 as u64) >> (64 - 8 * length));
        const bucket = smallTable + ((((key * MULTIPLIER) >> (64 - SMALL_BITS)) as usize) << 5);
        let value: u64;
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

/** Writes the ids of the word in scratch, of any length. */
function word<T>(length: u32, out: usize): usize {
  if (length <= 8) {
    const key = load<u64>(scratch) & (~(0 as u64) >> (64 - 8 * (length as u64)));
    const bucket = small + ((((key * MULTIPLIER) >> (64 - SMALL_BITS)) as usize) << 5);
    let value: u64;
    if (load<u64>(bucket) === key) {
      value = load<u64>(bucket, 8);
    } else if (load<u64>(bucket, 16) === key) {
      value = load<u64>(bucket, 24);
      v128.store(bucket, v128.load(bucket), 16);
      store<u64>(bucket, key);
      store<u64>(bucket, value, 8);
    } else {
      return missSmall<T>(key, bucket, length, out);
    }
    putPacked<T>(out, value);
    return out + ((value >> 60) as usize) * sizeof<T>();
  }
  if (length <= 16) {
    const key = v128.and(v128.load(scratch), v128.load(masks + 32 - (length as usize)));
    const hash = hashOf(key);
    const bucket = middle + (((hash >> (64 - MIDDLE_BITS)) as usize) << 6);
    if (same(key, v128.load(bucket))) return putEntry<T>(bucket + 16, 2, out);
    if (same(key, v128.load(bucket, 32))) return putEntry<T>(bucket + 48, 2, out);
    const count = match(length);
    if (count <= 6) {
      v128.store(bucket, v128.load(bucket), 32);
      v128.store(bucket, v128.load(bucket, 16), 48);
      v128.store(bucket, key);
      pack(bucket + 16, 2, count);
    }
    return putPieces<T>(count, out);
  }
  if (length <= 32) {
    const first = v128.load(scratch);
    const second = v128.and(v128.load(scratch, 16), v128.load(masks + 48 - (length as usize)));
    const hash = hashOf(v128.xor(first, i64x2.mul(second, i64x2.splat(SECOND_MULTIPLIER))));
    const bucket = large + (((hash >> (64 - LARGE_BITS)) as usize) << 6);
    if (same(first, v128.load(bucket)) && same(second, v128.load(bucket, 16)))
      return putEntry<T>(bucket + 32, 4, out);
    const count = match(length);
    if (count <= 12) {
      v128.store(bucket, first);
      v128.store(bucket, second, 16);
      pack(bucket + 32, 4, count);
    }
    return putPieces<T>(count, out);
  }
  return putPieces<T>(match(length), out);
}

function missSmall<T>(key: u64, bucket: usize, length: u32, out: usize): usize {
  const count = match(length);
  if (count <= 3) {
    v128.store(bucket, v128.load(bucket), 16);
    store<u64>(bucket, key);
    pack(bucket + 8, 1, count);
  }
  return putPieces<T>(count, out);
}

// @ts-expect-error: decorator
@inline
function hashOf(key: v128): u64 {
  const low = i64x2.extract_lane(key, 0) as u64;
  const high = i64x2.extract_lane(key, 1) as u64;
  return (low ^ (high * SECOND_MULTIPLIER)) * MULTIPLIER;
}

// @ts-expect-error: decorator
@inline
function same(a: v128, b: v128): bool {
  return i8x16.all_true(i8x16.eq(a, b));
}

/** Packs the first `count` pieces into `slots` 64-bit values, three each; the count tops the first. */
function pack(at: usize, slots: u32, count: u32): void {
  for (let slot: u32 = 0; slot < slots; slot++) {
    let value: u64 = slot === 0 ? (count as u64) << 60 : 0;
    for (let k: u32 = 0; k < 3; k++) {
      const piece = slot * 3 + k;
      if (piece < count)
        value |= (load<u32>(pieces + ((piece as usize) << 2)) as u64) << (20 * k);
    }
    store<u64>(at + ((slot as usize) << 3), value);
  }
}

// @ts-expect-error: decorator
@inline
function putEntry<T>(at: usize, slots: u32, out: usize): usize {
  const count = (load<u64>(at) >> 60) as usize;
  for (let slot: u32 = 0; slot < slots; slot++) {
    putPacked<T>(out + ((slot * 3) as usize) * sizeof<T>(), load<u64>(at + ((slot as usize) << 3)));
  }
  return out + count * sizeof<T>();
}

function putPieces<T>(count: u32, out: usize): usize {
  for (let k: u32 = 0; k < count; k++) {
    put<T>(out, load<u32>(pieces + ((k as usize) << 2)));
    out += sizeof<T>();
  }
  return out;
}

/** Greedy longest match of the word in scratch into `pieces`; how many. */
function match(length: u32): u32 {
  const end = scratch + (length as usize);
  let at = scratch;
  let root = head;
  let count: u32 = 0;
  while (at < end) {
    let base = root;
    let cell: u32 = 0;
    let stop = at;
    let i = at;
    while (i < end) {
      const byte = load<u8>(i) as u32;
      const place = base + byte;
      const node = load<u32>(nodes + ((place as usize) << 2));
      if ((node & 0xff) !== byte) break;
      i++;
      if (node & 0x100) {
        cell = place;
        stop = i;
      }
      base = node >> 9;
    }
    if (cell === 0) {
      store<u32>(pieces, unknown);
      return 1;
    }
    store<u32>(pieces + ((count as usize) << 2), load<u32>(ids + ((cell as usize) << 2)));
    count++;
    at = stop;
    root = tail;
  }
  return count;
}

/** Whether the character of two or more bytes at `at` ends a word. */
function isBoundary(at: usize): bool {
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
let resume: usize = 0;

/**
 * Encodes from `from` to the next ASCII word, a code point at a time.
 *
 * @returns the end of the output, or 0 if the host must do this text
 */
function slow<T>(from: usize, end: usize, output: usize): usize {
  let p = from;
  let out = output;
  let length: u32 = 0;
  let characters: u32 = 0;
  const word0 = scratch;
  const folding = fold as u32 & 0x20;
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
      length = characters >= maxWordLength ? 0 : length + 1;
      characters++;
      p++;
      continue;
    }
    const block = load<u16>(blocks + ((c >> 7) << 1)) as u32;
    const entry = load<u32>(entries + ((((block << 7) | (c & 127)) as usize) << 2));
    const kind = entry & 7;
    if (kind === KEEP) {
      if (c === 0) return 0;
      store<u32>(word0 + (length as usize), load<u32>(p));
      length += size as u32;
      characters++;
    } else if (kind === MAP) {
      v128.store(word0 + (length as usize), v128.load(pool + ((entry >> 11) as usize)));
      length += (entry >> 3) & 31;
      characters += (entry >> 8) & 7;
    } else if (kind === SPACE) {
      if (characters > 0) {
        out = finish<T>(length, characters, out);
        length = 0;
        characters = 0;
      }
    } else if (kind === ISOLATE) {
      if (characters > 0) {
        out = finish<T>(length, characters, out);
        length = 0;
        characters = 0;
      }
      if (entry >> 3) {
        v128.store(word0, v128.load(pool + ((entry >> 11) as usize)));
        out = word<T>((entry >> 3) & 31, out);
      } else {
        store<u32>(word0, load<u32>(p));
        out = word<T>(size as u32, out);
      }
    } else if (kind === HANGUL) {
      const index = c - 0xac00;
      const leading = index / 588;
      const vowel = (index - leading * 588) / 28;
      const trailing = index % 28;
      putJamo(word0 + (length as usize), 0x1100 + leading);
      putJamo(word0 + (length as usize) + 3, 0x1161 + vowel);
      putJamo(word0 + (length as usize) + 6, 0x11a7 + trailing);
      length += trailing ? 9 : 6;
      characters += trailing ? 3 : 2;
    } else if (kind !== DELETE) {
      return 0;
    }
    // a word that is too long is counted, not kept
    if (characters > maxWordLength) length = 0;
    p += size;
  }
  if (characters > 0) out = finish<T>(length, characters, out);
  resume = p;
  return out;
}

// @ts-expect-error: decorator
@inline
function finish<T>(length: u32, characters: u32, out: usize): usize {
  if (characters > maxWordLength) {
    put<T>(out, unknown);
    return out + sizeof<T>();
  }
  return word<T>(length, out);
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
