// Chunks to results on any number of threads, results in the order of the chunks.
//
// With no worker the chunks are processed here. With workers a bounded number of chunks is under way, and a bounded number
// of results and of their bytes waits, so memory does not depend on how far reading runs ahead.

import type { Chunk } from './chunk.js';
import { ChunkThread } from './chunk-thread.js';
import type { Encoder } from './encoder.js';
import { type EncoderModule, isEncoderModule, loadEncoder } from './encoder-module.js';
import { ChunkProcessor, type ChunkResult, type ChunkSettings } from './process-chunk.js';
import type { PlacedResult } from './result-memory.js';

export interface ProcessedChunk {
  readonly chunk: Chunk;
  /** Its arrays are valid until the next is asked for. */
  readonly result: ChunkResult;
}

/** Unanswered chunks for each thread, so that it has work while its answer is on its way. */
const AHEAD = 3;
/** Results, with the chunks they are of, and bytes of results that may wait: those made while a shard is made durable. */
const WAITING = 16;
const WAITING_BYTES = 1 << 24;

/** The results of all chunks in order; on the way out, however it ends, the workers are stopped. */
export async function* processInOrder(
  chunks: AsyncIterable<Chunk>,
  settings: ChunkSettings,
  encoder: Encoder | EncoderModule,
  workers: number,
): AsyncGenerator<ProcessedChunk> {
  if (workers === 0) {
    const loaded = isEncoderModule(encoder) ? await loadEncoder(encoder) : encoder;
    const processor = new ChunkProcessor(settings, loaded);
    for await (const chunk of chunks) yield { chunk, result: await processor.process(chunk) };
    return;
  }
  if (!isEncoderModule(encoder))
    throw new TypeError(
      'owt-loader: cannot build on worker threads with an encode function: functions do not cross threads.\n' +
        'Give the encoder as { module, name, options }, or set workers to 0.',
    );
  const threads = Array.from({ length: workers }, () => new ChunkThread({ settings, encoder }));
  const line = new ChunkLine(threads);
  const feeding = line.feed(chunks);
  feeding.catch(() => undefined); // it is awaited below, unless the source keeps it waiting
  try {
    for (;;) {
      const next = await line.next();
      if (!next) return;
      yield { chunk: next.chunk, result: next.result };
      line.takeBack(next.memory);
    }
  } finally {
    line.stop();
    await Promise.all(threads.map((thread) => thread.stop()));
    if (!line.isReading) await feeding;
  }
}

/** What threads were given, in order; they are given more while results are in use. */
class ChunkLine {
  readonly #threads: readonly ChunkThread[];
  readonly #given: { readonly chunk: Chunk; readonly placed: Promise<PlacedResult> }[] = [];
  readonly #spare: ArrayBuffer[] = [];
  #underWay = 0;
  #waitingBytes = 0;
  /** Nothing more is given: at the end, or after an error. */
  #isOver = false;
  #isReading = false;
  #failure: { readonly error: unknown } | undefined;
  #changed: () => void = () => undefined;
  #change: Promise<void> = Promise.resolve();

  constructor(threads: readonly ChunkThread[]) {
    this.#threads = threads;
    this.#announce();
  }

  /** Whether the source has been asked for a chunk, which it may never give. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /**
   * Gives all chunks to the threads as there is room. Errors of the source come from {@link next} in their turn.
   *
   * @throws what the source throws when it is ended before its end
   */
  async feed(chunks: AsyncIterable<Chunk>): Promise<void> {
    const source = chunks[Symbol.asyncIterator]();
    let isDone = false;
    try {
      while (!this.#isOver && !isDone) {
        this.#isReading = true;
        const next = await source.next();
        this.#isReading = false;
        isDone = next.done === true;
        if (!next.done && !this.#isOver) this.#give(next.value);
        while (!this.#isOver && !isDone && !this.#hasRoom) await this.#change;
      }
    } catch (error) {
      this.#isReading = false;
      this.#failure = { error };
      isDone = true;
    }
    this.stop();
    if (!isDone) await source.return?.();
  }

  /** The next result, once it is there; undefined after the last. */
  async next(): Promise<({ readonly chunk: Chunk } & PlacedResult) | undefined> {
    while (this.#given.length === 0 && !this.#isOver) await this.#change;
    const first = this.#given.shift();
    if (first) {
      const placed = await first.placed;
      return { chunk: first.chunk, ...placed };
    }
    if (this.#failure) throw this.#failure.error;
    return undefined;
  }

  /** The memory of a result that is no longer needed, for another. */
  takeBack(memory: ArrayBuffer): void {
    this.#waitingBytes -= memory.byteLength;
    this.#spare.push(memory);
    this.#announce();
  }

  /** Gives no more. */
  stop(): void {
    this.#isOver = true;
    this.#announce();
  }

  get #hasRoom(): boolean {
    const answered = this.#given.length - this.#underWay;
    return (
      this.#underWay < AHEAD * this.#threads.length &&
      answered < WAITING &&
      this.#waitingBytes < WAITING_BYTES
    );
  }

  #give(chunk: Chunk): void {
    // cores are not equally fast, nor chunks equally large
    const idlest = this.#threads.reduce((best, next) => (next.load < best.load ? next : best));
    this.#underWay++;
    const placed = idlest.process(chunk, this.#spare.pop());
    this.#given.push({ chunk, placed });
    placed.then(
      ({ memory }) => {
        this.#underWay--;
        this.#waitingBytes += memory.byteLength;
        this.#announce();
      },
      () => this.stop(), // the error is reported in its turn
    );
    this.#announce();
  }

  /** Wakes whoever waits for a change. */
  #announce(): void {
    this.#changed();
    this.#change = new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}
