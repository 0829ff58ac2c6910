// Waiting inputs, and which of them are computed together.
//
// No waiting window: a batch is made when the engine is free, of what is there then. The oldest input is always in
// it, so nothing starves; the others are those nearest to it in length, because a batch costs its longest input
// times its number.

export interface Waiting {
  /** Length in tokens, special ones included. */
  readonly tokens: number;
  /** Only inputs of one lane share a batch. */
  readonly lane: string;
}

export interface BatchLimits {
  /** Longest input times number of inputs. */
  readonly maxTokens: number;
  readonly maxInputs: number;
}

export class BatchQueue<T extends Waiting> {
  readonly #limits: BatchLimits;
  #waiting: T[] = [];

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** @throws RangeError for an input that fits no batch: it would wait for ever */
  push(input: T): void {
    const { maxTokens } = this.#limits;
    if (input.tokens > maxTokens)
      throw new RangeError(
        `serve: an input of ${input.tokens} tokens fits no batch of ${maxTokens}.\nRefuse it before.`,
      );
    this.#waiting.push(input);
  }

  /** Takes out what `matches`; returns how many. */
  remove(matches: (input: T) => boolean): number {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((input) => !matches(input));
    return before - this.#waiting.length;
  }

  /** The next batch, shortest input first; empty if nothing waits. */
  take(): T[] {
    const [oldest] = this.#waiting;
    if (oldest === undefined) return [];
    const peers = this.#waiting
      .filter(({ lane }) => lane === oldest.lane)
      .sort((a, b) => a.tokens - b.tokens);
    let [from, to] = [peers.indexOf(oldest), peers.indexOf(oldest) + 1];
    for (;;) {
      const shorter = peers[from - 1];
      const longer = peers[to];
      const toShorter = shorter ? oldest.tokens - shorter.tokens : Number.POSITIVE_INFINITY;
      const toLonger = longer ? longer.tokens - oldest.tokens : Number.POSITIVE_INFINITY;
      const fits = (longest: number): boolean => this.#fits(longest, to - from + 1);
      const longest = (peers[to - 1] as T).tokens; // the oldest at least is there
      if (shorter && toShorter <= toLonger && fits(longest)) from -= 1;
      else if (longer && fits(longer.tokens)) to += 1;
      else if (shorter && fits(longest)) from -= 1;
      else break;
    }
    const batch = peers.slice(from, to);
    const taken = new Set(batch);
    this.#waiting = this.#waiting.filter((input) => !taken.has(input));
    return batch;
  }

  #fits(longest: number, inputs: number): boolean {
    const { maxTokens, maxInputs } = this.#limits;
    return inputs <= maxInputs && longest * inputs <= maxTokens;
  }
}
