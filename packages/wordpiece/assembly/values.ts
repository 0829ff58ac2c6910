// The ids of a word as one 64-bit value: three ids and, in the top four bits, how many of them count. An id has 16 bits
// if all ids of the vocabulary have no more, so that 16-bit output is a copy; else 20. A word of more than three ids is
// a number of ids, 32 bits each, that lie elsewhere.

import { PIECES } from './layout';

const MOST_PACKED: u64 = 3;
/** In the place of the count: the ids are elsewhere. */
const FAR: u64 = 15;
const WIDE_MASK: u64 = 0xfffff;

let idBits: u64 = 16;

export function setIdBits(bits: u32): void {
  idBits = bits;
}

/** The value of one id. */
// @ts-expect-error: decorator
@inline
export function only(id: u32): u64 {
  return ((1 as u64) << 60) | (id as u64);
}

/** A value that stands for the first `count` ids in PIECES, for as long as they are there. */
// @ts-expect-error: decorator
@inline
export function far(count: u32): u64 {
  return (FAR << 60) | ((count as u64) << 32) | (PIECES as u64);
}

// @ts-expect-error: decorator
@inline
export function isFar(value: u64): bool {
  return value >> 60 === FAR;
}

// @ts-expect-error: decorator
@inline
function farCount(value: u64): u32 {
  return ((value >> 32) & 0xffff) as u32;
}

/** Packs the first `count` ids in PIECES into `slots` values, three each; the count is in the first. */
export function pack(at: usize, slots: u32, count: u32): void {
  for (let slot: u32 = 0; slot < slots; slot++) {
    let value: u64 = slot === 0 ? (count as u64) << 60 : 0;
    for (let k: u32 = 0; k < 3; k++) {
      const piece = slot * 3 + k;
      if (piece < count)
        value |= (load<u32>(PIECES + ((piece as usize) << 2)) as u64) << ((k as u64) * idBits);
    }
    store<u64>(at + ((slot as usize) << 3), value);
  }
}

/** The value of `slots` packed ones; ids beyond three go to PIECES. */
export function valueAt(at: usize, slots: u32): u64 {
  const value = load<u64>(at);
  const count = value >> 60;
  if (count <= MOST_PACKED) return value;
  for (let slot: u32 = 0; slot < slots; slot++)
    putPacked<u32>(PIECES + ((slot * 12) as usize), load<u64>(at + ((slot as usize) << 3)));
  return far(count as u32);
}

/** Moves ids that are elsewhere from PIECES to `to`; the end of them. */
export function moveFar(value: u64, to: usize): usize {
  return putIds<u32>(PIECES, farCount(value), to);
}

/** The value with its ids at `at`. */
// @ts-expect-error: decorator
@inline
export function farAt(value: u64, at: usize): u64 {
  return (value & ~(0xffffffff as u64)) | (at as u64);
}

/** Writes a value's ids; the end of them. Up to 16 bytes are written, whatever counts. */
// @ts-expect-error: decorator
@inline
export function putValue<T>(value: u64, output: usize): usize {
  if (isFar(value)) return putIds<T>((value as u32) as usize, farCount(value), output);
  putPacked<T>(output, value);
  return output + ((value >> 60) as usize) * sizeof<T>();
}

// @ts-expect-error: decorator
@inline
function put<T>(output: usize, id: u32): void {
  if (sizeof<T>() === 4) store<u32>(output, id);
  else store<u16>(output, id as u16);
}

// @ts-expect-error: decorator
@inline
function putPacked<T>(output: usize, value: u64): void {
  if (sizeof<T>() === 2) {
    store<u64>(output, value);
  } else if (idBits === 16) {
    v128.store(output, i32x4.extend_low_i16x8_u(i64x2.splat(value)));
  } else {
    store<u32>(output, (value & WIDE_MASK) as u32);
    store<u32>(output, ((value >> 20) & WIDE_MASK) as u32, 4);
    store<u32>(output, ((value >> 40) & WIDE_MASK) as u32, 8);
  }
}

function putIds<T>(from: usize, count: u32, output: usize): usize {
  for (let k: u32 = 0; k < count; k++)
    put<T>(output + (k as usize) * sizeof<T>(), load<u32>(from + ((k as usize) << 2)));
  return output + (count as usize) * sizeof<T>();
}
