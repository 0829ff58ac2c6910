// Words to ids: the caches of short words, and the walk of the trie for what they do not hold.
//
// T is the type of an id in the output: u16, u32, or i32 for 32 bits with the place of each token beside
// them (places.ts).

export const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;
const SECOND_MULTIPLIER: u64 = 0xc2b2ae3d27d4eb4f;
const ID_MASK: u64 = 0xfffff;

// addresses
let nodes: usize = 0;
let ids: usize = 0;
export let lengths: usize = 0; // bytes of each piece, 16 bits each
export let blocks: usize = 0;
export let entries: usize = 0;
export let pool: usize = 0;
export let small: usize = 0; // 16-byte entries, two a bucket
let middle: usize = 0; // 32-byte entries, two a bucket
let large: usize = 0; // 64-byte entries, one a bucket
export let scratch: usize = 0; // the word
let pieces: usize = 0; // its ids, 32 bits each
export let origins: usize = 0; // where each byte of the word came from, 64 bits each
let masks: usize = 0; // 32 bytes of ones, then 32 of zeros

let head: u32 = 0;
let tail: u32 = 0;
export let unknown: u32 = 0;
export let maxWordLength: u32 = 0;
export let fold: u64 = 0;

export const SMALL_BITS: u64 = 14; // buckets; the tables together fit a second-level cache of a megabyte
const MIDDLE_BITS: u64 = 12;
const LARGE_BITS: u64 = 10;

/** Tells where the tables are. The caches must be zero. */
export function configure(
  nodesAt: usize,
  idsAt: usize,
  lengthsAt: usize,
  blocksAt: usize,
  entriesAt: usize,
  poolAt: usize,
  workAt: usize,
): void {
  nodes = nodesAt;
  ids = idsAt;
  lengths = lengthsAt;
  blocks = blocksAt;
  entries = entriesAt;
  pool = poolAt;
  small = workAt;
  middle = small + (32 << (SMALL_BITS as usize));
  large = middle + (64 << (MIDDLE_BITS as usize));
  masks = large + (64 << (LARGE_BITS as usize));
  pieces = masks + 64;
  scratch = pieces + 65536;
  origins = scratch + 65536;
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
    65536 +
    8 * 65536
  );
}

// @ts-expect-error: decorator
@inline
export function put<T>(output: usize, id: u32): void {
  if (sizeof<T>() === 4) store<u32>(output, id);
  else store<u16>(output, id as u16);
}

/** Writes the three ids of a packed value; the caller moves on by its count. */
// @ts-expect-error: decorator
@inline
export function putPacked<T>(output: usize, value: u64): void {
  put<T>(output, (value & ID_MASK) as u32);
  put<T>(output + sizeof<T>(), ((value >> 20) & ID_MASK) as u32);
  put<T>(output + 2 * sizeof<T>(), ((value >> 40) & ID_MASK) as u32);
}

/** Writes the ids of the word in scratch, of any length. */
export function word<T>(length: u32, out: usize): usize {
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

export function missSmall<T>(key: u64, bucket: usize, length: u32, out: usize): usize {
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
