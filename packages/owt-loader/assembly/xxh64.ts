// XXH64 with seed 0 (Yann Collet's xxHash specification 0.1.1), in one go or piece by piece.

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;
/** Bytes that the four lanes take in together. */
const STRIPE: usize = 32;

let lane0: u64 = 0;
let lane1: u64 = 0;
let lane2: u64 = 0;
let lane3: u64 = 0;
let total: u64 = 0;
let high: u32 = 0;

export function startHash(): void {
  lane0 = P1 + P2;
  lane1 = P2;
  lane2 = 0;
  lane3 = 0 - P1;
  total = 0;
}

/** Takes in whole stripes. */
export function addToHash(from: usize, to: usize): void {
  let a = lane0;
  let b = lane1;
  let c = lane2;
  let d = lane3;
  for (let at = from; at < to; at += STRIPE) {
    a = round(a, load<u64>(at));
    b = round(b, load<u64>(at, 8));
    c = round(c, load<u64>(at, 16));
    d = round(d, load<u64>(at, 24));
  }
  lane0 = a;
  lane1 = b;
  lane2 = c;
  lane3 = d;
  total += (to - from) as u64;
}

/** Takes in what is left, however long. @returns the low half of the hash */
export function finishHash(from: usize, to: usize): u32 {
  const stripes = from + ((to - from) & ~(STRIPE - 1));
  addToHash(from, stripes);
  let hash = total > 0 ? merged() : P5;
  hash += total + ((to - stripes) as u64);
  let at = stripes;
  for (; at + 8 <= to; at += 8)
    hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * P1 + P4;
  if (at + 4 <= to) {
    hash = rotl<u64>(hash ^ ((load<u32>(at) as u64) * P1), 23) * P2 + P3;
    at += 4;
  }
  for (; at < to; at++) hash = rotl<u64>(hash ^ ((load<u8>(at) as u64) * P5), 11) * P1;
  hash = (hash ^ (hash >> 33)) * P2;
  hash = (hash ^ (hash >> 29)) * P3;
  hash ^= hash >> 32;
  high = (hash >> 32) as u32;
  return hash as u32;
}

/** The high half of the hash finished last. */
export function hashHigh(): u32 {
  return high;
}

function merged(): u64 {
  let hash =
    rotl<u64>(lane0, 1) + rotl<u64>(lane1, 7) + rotl<u64>(lane2, 12) + rotl<u64>(lane3, 18);
  hash = (hash ^ round(0, lane0)) * P1 + P4;
  hash = (hash ^ round(0, lane1)) * P1 + P4;
  hash = (hash ^ round(0, lane2)) * P1 + P4;
  return (hash ^ round(0, lane3)) * P1 + P4;
}

// @ts-expect-error: decorator
@inline
function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * P2, 31) * P1;
}
