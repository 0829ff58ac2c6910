// A keyed permutation of 0..size-1 that is computed, not stored: position in, index out, in constant memory.
//
// A Feistel network over the rectangle a x b with a * b >= size and a, b near sqrt(size): each round adds a
// keyed function of one coordinate to the other, modulo its side, which is undone by subtracting: a
// bijection whatever the function. Results outside 0..size-1 walk on (cycle walking), which needs fewer than
// two steps on average because a * b exceeds size by less than one row.

import { mix32 } from './mix.js';

const ROUNDS = 6;

/**
 * The permutation of `size` items under `key`.
 *
 * @param size 1 to 2^31
 * @param key any number of integers; permutations of different keys are unrelated
 * @throws RangeError if size is out of range
 */
export function permutation(size: number, key: readonly number[]): (position: number) => number {
  if (!Number.isInteger(size) || size < 1 || size > 2 ** 31)
    throw new RangeError(
      `owt-loader: cannot permute ${size} items: expected an integer from 1 to 2^31.`,
    );
  const a = Math.ceil(Math.sqrt(size));
  const b = Math.ceil(size / a);
  const roundKeys: number[] = [];
  let state = mix32(size);
  for (const part of key) state = mix32(state ^ mix32(part + 0x9e3779b9));
  for (let round = 0; round < ROUNDS; round++) {
    state = mix32(state + 0x9e3779b9);
    roundKeys.push(state);
  }
  return (position) => {
    let index = position;
    do {
      let x = Math.floor(index / b);
      let y = index % b;
      for (let round = 0; round < ROUNDS; round += 2) {
        x = (x + (mix32(y ^ (roundKeys[round] ?? 0)) % a)) % a;
        y = (y + (mix32(x ^ (roundKeys[round + 1] ?? 0)) % b)) % b;
      }
      index = x * b + y;
    } while (index >= size);
    return index;
  };
}
