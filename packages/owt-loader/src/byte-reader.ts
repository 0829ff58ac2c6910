// Exact reads from a stream of bytes: what header-driven formats (tar, zstd, Arrow) need.

/** Bytes in pieces of any size. */
export type ByteStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  #offset = 0;

  constructor(stream: ByteStream) {
    this.#pieces =
      Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Between 1 and `limit` bytes, whatever comes next without copying; undefined at the end. */
  async some(limit: number): Promise<Uint8Array | undefined> {
    while (this.#at === this.#piece.length) {
      const { done, value } = await this.#pieces.next();
      if (done) return undefined;
      this.#piece = value;
      this.#at = 0;
    }
    const bytes = this.#piece.subarray(this.#at, this.#at + limit);
    this.#at += bytes.length;
    this.#offset += bytes.length;
    return bytes;
  }

  /** `count` bytes, or fewer if the stream ends. */
  async exactly(count: number): Promise<Uint8Array> {
    const first = await this.some(count);
    if (!first || first.length === count) return first ?? new Uint8Array(0);
    const all = new Uint8Array(count);
    all.set(first);
    let filled = first.length;
    while (filled < count) {
      const more = await this.some(count - filled);
      if (!more) return all.subarray(0, filled);
      all.set(more, filled);
      filled += more.length;
    }
    return all;
  }

  /** Passes over `count` bytes; false if the stream ends before. */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      const bytes = await this.some(left);
      if (!bytes) return false;
      left -= bytes.length;
    }
    return true;
  }

  /** The rest of the stream. */
  async *rest(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const bytes = await this.some(Number.POSITIVE_INFINITY);
      if (!bytes) return;
      yield bytes;
    }
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/** A stream's bytes in one array; more than `limit` of them throws what `tooMany` makes. */
export async function collect(
  stream: ByteStream,
  limit: number,
  tooMany: () => Error,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.length;
    if (size > limit) throw tooMany();
    pieces.push(piece);
  }
  const [only] = pieces;
  return pieces.length === 1 && only ? only : Buffer.concat(pieces, size);
}
