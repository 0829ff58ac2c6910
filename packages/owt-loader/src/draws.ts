// Random draws that depend on a seed and a document's text, on nothing else: no draw of one document moves
// when another document is added, removed or read by another thread.
//
// The generator is sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, keyed through a 32-bit mixer.

import type { Identity } from './document.js';
import { mix32 } from './mix.js';

export interface Draws {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer, both ends included. */
  integer(low: number, high: number): number;
}

export function drawsFor(seed: number, identity: Identity): Draws {
  let a = mix32(seed ^ 0x6a09e667);
  let b = mix32(a ^ identity.high);
  let c = mix32(b ^ identity.low);
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  for (let warm = 0; warm < 12; warm++) next();
  const uniform = (): number => next() / 2 ** 32;
  return {
    uniform,
    integer: (low, high) => low + Math.floor(uniform() * (high - low + 1)),
  };
}
