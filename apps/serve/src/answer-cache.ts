// Answers given before, bounded by bytes; the least recently used goes first.

/** What an entry costs beside its text. */
const OVERHEAD_BYTES = 200;

export class AnswerCache {
  readonly #limitBytes: number;
  readonly #entries = new Map<string, string>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  /** Keeps an answer unless it would push most others out. */
  set(key: string, answer: string): void {
    const bytes = cost(key, answer);
    if (bytes > this.#limitBytes / 4) return;
    const old = this.#entries.get(key);
    if (old !== undefined) {
      this.#entries.delete(key);
      this.#bytes -= cost(key, old);
    }
    this.#entries.set(key, answer);
    this.#bytes += bytes;
    for (const [oldest, value] of this.#entries) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#entries.delete(oldest);
      this.#bytes -= cost(oldest, value);
    }
  }
}

/** Strings take up to two bytes a character. */
const cost = (key: string, answer: string): number =>
  2 * (key.length + answer.length) + OVERHEAD_BYTES;
