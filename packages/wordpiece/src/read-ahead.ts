// A source asked for its next value before there is a use for it, so that one can wait for it and for other
// things at once, which `for await` cannot.

export class ReadAhead<Value> {
  /** What came last, until it is taken. */
  value: Value | undefined;
  /** Whether no value comes any more, and none is left to take. */
  isOver = false;
  /** Settled when the value that was asked for is there; undefined while none is asked for. */
  arrival: Promise<void> | undefined;
  readonly #iterator: AsyncIterator<Value> | Iterator<Value>;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Value> | Iterable<Value>) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** Asks for the next value, unless one is there or on its way. */
  ask(): void {
    if (!this.isOver && this.value === undefined) this.arrival ??= this.#read();
  }

  /** The value that is there; the next one can be asked for. */
  take(): Value | undefined {
    const { value } = this;
    this.value = undefined;
    return value;
  }

  /** Lets go of the source. One that is at work on a value is not waited for: it may never have it. */
  async stop(): Promise<void> {
    if (this.isOver) return;
    const stopped = Promise.resolve(this.#iterator.return?.());
    if (this.arrival === undefined) await stopped;
    else stopped.catch(() => undefined); // nobody is there any more to be told
  }

  /** @throws what the source threw, if that was its end */
  rethrow(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#iterator.next();
      if (done) this.isOver = true;
      else this.value = value;
    } catch (error) {
      this.#failure = { error };
      this.isOver = true;
    }
    this.arrival = undefined;
  }
}
