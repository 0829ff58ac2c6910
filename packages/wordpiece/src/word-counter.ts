// Counts the normalized words of texts.

import type { Behaviour } from './behaviour.js';
import { WordReader } from './word-reader.js';

export class WordCounter {
  readonly #reader: WordReader;
  readonly #counts = new Map<string, number>();

  constructor(behaviour: Behaviour) {
    this.#reader = new WordReader(behaviour, Number.POSITIVE_INFINITY);
  }

  add(text: string): void {
    const reader = this.#reader;
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let i = 0; i < text.length; ) {
      i = reader.read(text, i, text.length);
      if (reader.characters === 0) return;
      const word = decoder.decode(reader.bytes.subarray(0, reader.length));
      this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
    }
  }

  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}
