// Who may use the state when: what changes it waits for everything before, what only reads it for what changes it.

export class StateQueue {
  /** Settles when everything that changes the state and was asked so far has ended. */
  #changes: Promise<unknown> = Promise.resolve();
  /** Settles when everything that was asked so far has ended. */
  #all: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  /** Whether nothing was asked that has not ended. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Settles when everything that was asked so far has ended; never rejects. */
  get ended(): Promise<unknown> {
    return this.#all;
  }

  /** @param work may overlap with other reading */
  read<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(work);
    const ended = this.#watched(result);
    const before = this.#all;
    this.#all = before.then(() => ended);
    return result;
  }

  change<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#all.then(work);
    this.#changes = this.#watched(result);
    this.#all = this.#changes;
    return result;
  }

  /** Settles without a value: the queue lives as long as a program and must not hold on to results. */
  #watched(result: Promise<unknown>): Promise<void> {
    this.#underWay++;
    const end = (): void => {
      this.#underWay--;
    };
    return result.then(end, end);
  }
}
