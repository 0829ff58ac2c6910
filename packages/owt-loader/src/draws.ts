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
  return new Sfc32(seed, identity);
}

/** A class: four closures for each document would cost more than its draws. */
class Sfc32 implements Draws {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, { high, low }: Identity) {
    this.#a = mix32(seed ^ 0x6a09e667);
    this.#b = mix32(this.#a ^ high);
    this.#c = mix32(this.#b ^ low);
    for (let warm = 0; warm < 12; warm++) this.#next();
  }

  uniform(): number {
    return this.#next() / 2 ** 32;
  }

  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  #next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }
}
