// Chunks to results on any number of threads, results in the order of the chunks.
//
// With no worker the chunks are processed here. With workers a bounded number of chunks is under way and a bounded
// memory of results waits, so memory does not depend on how far reading runs ahead.

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

/** Chunks that each thread has, so that it has work while its answer is on its way. */
const AHEAD = 3;
/** Bytes of results that may wait: those that are made while a shard is made durable. */
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
  try {
    for (;;) {
      const next = await line.next();
      if (!next) return;
      yield { chunk: next.chunk, result: next.result };
      line.takeBack(next.memory);
    }
  } finally {
    line.stop();
    await Promise.all([feeding, ...threads.map((thread) => thread.stop())]);
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
  #failure: { readonly error: unknown } | undefined;
  #changed: () => void = () => undefined;
  #change: Promise<void> = Promise.resolve();

  constructor(threads: readonly ChunkThread[]) {
    this.#threads = threads;
    this.#announce();
  }

  /** Gives all chunks to the threads as there is room. Errors of the source come from {@link next} in their turn. */
  async feed(chunks: AsyncIterable<Chunk>): Promise<void> {
    try {
      for await (const chunk of chunks) {
        if (!this.#isOver) this.#give(chunk);
        while (!this.#isOver && !this.#hasRoom) await this.#change;
        if (this.#isOver) break;
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.stop();
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
    return this.#underWay < AHEAD * this.#threads.length && this.#waitingBytes < WAITING_BYTES;
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
