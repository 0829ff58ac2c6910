// Words to ids: the caches of short words, and the walk of the trie for what they do not hold.
//
// T is the type of an id in the output: u16, u32, or i32 for 32 bits with the place of each token beside
// them (places.ts).

import {
  END,
  LARGE,
  LARGE_BITS,
  MIDDLE,
  MIDDLE_BITS,
  ONES,
  PIECES,
  SHORT_MASKS,
  SMALL,
  SMALL_BITS,
} from './layout';
import { far, only, pack, setIdBits, valueAt } from './values';

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;
const SECOND_MULTIPLIER: u64 = 0xc2b2ae3d27d4eb4f;
/** In the place of a length: the word is unknown, whatever its letters. */
export const TOO_LONG: u32 = 0;
const ENDS: u32 = 0x100;
const LEAF: u32 = 0x200;
const ID: usize = 0xc0;

// addresses
let nodes: usize = 0;
export let lengths: usize = 0; // bytes of each piece, 16 bits each
export let blocks: usize = 0;
export let entries: usize = 0;
export let pool: usize = 0;

let head: u32 = 0;
let tail: u32 = 0;
let unknown: u32 = 0;
export let maxWordLength: u32 = 0;
/** The bit that makes capital letters small ones, if they are to be. */
export let fold: u32 = 0;

/** Tells where the host's tables are. */
export function configure(
  nodesAt: usize,
  lengthsAt: usize,
  blocksAt: usize,
  entriesAt: usize,
  poolAt: usize,
): void {
  nodes = nodesAt;
  lengths = lengthsAt;
  blocks = blocksAt;
  entries = entriesAt;
  pool = poolAt;
  for (let length: usize = 1; length <= 8; length++)
    store<u64>(SHORT_MASKS + (length << 3), ~(0 as u64) >> ((64 - 8 * length) as u64));
  memory.fill(ONES, 0xff, 32);
}

/** Tells what the words mean. */
export function setModel(
  headBase: u32,
  tailBase: u32,
  unknownId: u32,
  longestWord: u32,
  lowercase: bool,
  idBits: u32,
): void {
  head = headBase;
  tail = tailBase;
  unknown = unknownId;
  maxWordLength = longestWord;
  fold = lowercase ? 0x20 : 0;
  setIdBits(idBits);
}

/** Where the host's tables may start. Before it, memory must be zero. */
export function tablesAt(): usize {
  return END;
}

/** What the cache of short words knows a word by; of a longer one, the key of empty entries. */
// @ts-expect-error: decorator
@inline
export function shortKey(at: usize, length: u32): u64 {
  return load<u64>(at) & load<u64>((length as usize) << 3, SHORT_MASKS);
}

// @ts-expect-error: decorator
@inline
export function smallBucket(key: u64): usize {
  return SMALL + ((((key * MULTIPLIER) >> (64 - SMALL_BITS)) as usize) << 6);
}

/** The packed ids of the word whose key is in both lanes, without a branch; 0 if the bucket does not have it. */
// @ts-expect-error: decorator
@inline
export function findSmall(keys: v128, bucket: usize): u64 {
  const low = v128.and(i64x2.eq(keys, v128.load(bucket)), v128.load(bucket, 32));
  const high = v128.and(i64x2.eq(keys, v128.load(bucket, 16)), v128.load(bucket, 48));
  const value = v128.or(low, high);
  return i64x2.extract_lane(v128.or(value, v128.shuffle<u64>(value, value, 1, 0)), 0);
}

/** Of a word of 9 to 16 bytes. */
// @ts-expect-error: decorator
@inline
export function middleKey(at: usize, length: u32): v128 {
  return v128.and(v128.load(at), v128.load(ONES + 32 - (min(length, 16) as usize)));
}

// @ts-expect-error: decorator
@inline
export function middleBucket(key: v128): usize {
  return MIDDLE + (((hashOf(key) >> (64 - MIDDLE_BITS)) as usize) << 6);
}

/** The value (values.ts) of the word at `at`, of any length; valid until the next call if it is in PIECES. */
export function find(at: usize, length: u32): u64 {
  if (length === TOO_LONG) return only(unknown);
  if (length <= 8) {
    const key = shortKey(at, length);
    const bucket = smallBucket(key);
    const value = findSmall(i64x2.splat(key), bucket);
    if (value) return value;
    const count = match(at, length);
    if (count > 3) return far(count);
    keepSmall(bucket, key, count);
    return load<u64>(bucket, 32);
  }
  if (length <= 16) {
    const key = middleKey(at, length);
    const bucket = middleBucket(key);
    const isSecond = same(key, v128.load(bucket, 32));
    if (isSecond || same(key, v128.load(bucket)))
      return valueAt(bucket + 16 + ((isSecond as usize) << 5), 2);
    const count = match(at, length);
    if (count <= 6) {
      v128.store(bucket, v128.load(bucket), 32);
      v128.store(bucket, v128.load(bucket, 16), 48);
      v128.store(bucket, key);
      pack(bucket + 16, 2, count);
    }
    return count <= 3 ? load<u64>(bucket, 16) : far(count);
  }
  if (length <= 32) {
    const first = v128.load(at);
    const second = v128.and(v128.load(at, 16), v128.load(ONES + 48 - (length as usize)));
    const hash = hashOf(v128.xor(first, i64x2.mul(second, i64x2.splat(SECOND_MULTIPLIER))));
    const bucket = LARGE + (((hash >> (64 - LARGE_BITS)) as usize) << 6);
    if (same(first, v128.load(bucket)) && same(second, v128.load(bucket, 16)))
      return valueAt(bucket + 32, 4);
    const count = match(at, length);
    if (count <= 12) {
      v128.store(bucket, first);
      v128.store(bucket, second, 16);
      pack(bucket + 32, 4, count);
    }
    return count <= 3 ? load<u64>(bucket, 32) : far(count);
  }
  return far(match(at, length));
}

/** Puts a short word and the `count` pieces into its bucket, in place of the oldest. */
function keepSmall(bucket: usize, key: u64, count: u32): void {
  const keys = v128.load(bucket);
  const values = v128.load(bucket, 32);
  store<u64>(bucket, load<u64>(bucket, 16), 24);
  store<u64>(bucket, load<u64>(bucket, 48), 56);
  v128.store(bucket, keys, 8);
  v128.store(bucket, values, 40);
  store<u64>(bucket, key);
  pack(bucket + 32, 1, count);
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

/** Greedy longest match of the word at `from` into PIECES; how many. The trie's cells are told in src/piece-trie.ts. */
function match(from: usize, length: u32): u32 {
  const end = from + (length as usize);
  let at = from;
  let root = head;
  let count: u32 = 0;
  while (at < end) {
    let base = root;
    let last: u32 = 0;
    let stop = at;
    let i = at;
    while (i < end) {
      const byte = load<u8>(i) as u32;
      const node = load<u32>(nodes + (((base + byte) as usize) << 2));
      if ((node & 0xff) !== byte) break;
      i++;
      if (node & ENDS) {
        last = node;
        stop = i;
        if (node & LEAF) break;
      }
      base = node >> 10;
    }
    if (last === 0) {
      store<u32>(PIECES, unknown);
      return 1;
    }
    const piece = last & LEAF ? last : load<u32>(nodes + (((last >> 10) as usize) << 2), 4 * ID);
    store<u32>(PIECES + ((count as usize) << 2), piece >> 10);
    count++;
    at = stop;
    root = tail;
  }
  return count;
}
