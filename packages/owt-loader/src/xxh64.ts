// XXH64 with seed 0: the checksum inside zstd frames, which fzstd does not check, and the identity of documents.

import type { Identity } from './document.js';
import { TextMemory } from './text-memory.js';

/** Bytes that gather before they are taken in: a multiple of 32, as the module wants them. */
const BLOCK = 1 << 16;

/** Adds bytes piece by piece, then digests. */
export class Xxh64 {
  readonly #memory = new TextMemory(BLOCK);
  #filled = 0;

  constructor() {
    this.#memory.startHash();
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + BLOCK - this.#filled);
      this.#memory.bytes.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled < BLOCK) return;
      this.#memory.addToHash(0, BLOCK);
      this.#filled = 0;
    }
  }

  /** The hash of what was added; then starts again. */
  digest(): Identity {
    const hash = this.#memory.finishHash(0, this.#filled);
    this.#memory.startHash();
    this.#filled = 0;
    return hash;
  }
}
