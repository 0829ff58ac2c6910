// Chunks to results on any number of threads, results in the order of the chunks.
//
// With no worker the chunks are processed here. With workers a bounded number of chunks is under way, so memory
// does not depend on how far reading runs ahead.

import type { Worker } from 'node:worker_threads';
import type { Chunk } from './chunk.js';
import type { Encoder } from './encoder.js';
import { type EncoderModule, isEncoderModule, loadEncoder } from './encoder-module.js';
import { ChunkProcessor, type ChunkResult, type ChunkSettings } from './process-chunk.js';
import { type Failure, revive } from './shard-error.js';
import { startChunkThread } from './start-chunk-thread.js';

export interface WorkerSetup {
  readonly settings: ChunkSettings;
  readonly encoder: EncoderModule;
}

export interface WorkerRequest {
  readonly id: number;
  readonly chunk: Chunk;
}

export interface WorkerResponse {
  readonly id: number;
  readonly result?: ChunkResult;
  readonly failure?: Failure;
}

export interface ProcessedChunk {
  readonly chunk: Chunk;
  readonly result: ChunkResult;
}

/** Chunks that are under way for each thread, so that it has work while another is late or a shard is made durable. */
const AHEAD = 3;

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
  const pool = Array.from({ length: workers }, () => new ChunkThread({ settings, encoder }));
  const waiting: { readonly chunk: Chunk; readonly result: Promise<ChunkResult> }[] = [];
  try {
    for await (const chunk of chunks) {
      const idlest = pool.reduce((best, thread) => (thread.load < best.load ? thread : best));
      const result = idlest.process(chunk);
      result.catch(() => undefined); // reported when its turn comes
      waiting.push({ chunk, result });
      if (waiting.length < AHEAD * workers) continue;
      const first = waiting.shift();
      if (first) yield { chunk: first.chunk, result: await first.result };
    }
    for (const { chunk, result } of waiting) yield { chunk, result: await result };
  } finally {
    await Promise.all(pool.map((thread) => thread.stop()));
  }
}

class ChunkThread {
  readonly #worker: Worker;
  readonly #pending = new Map<
    number,
    { resolve(result: ChunkResult): void; reject(error: Error): void }
  >();
  #id = 0;
  #failure: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = startChunkThread({ workerData: setup });
    this.#worker.on('message', ({ id, result, failure }: WorkerResponse) => {
      const request = this.#pending.get(id);
      this.#pending.delete(id);
      if (result) request?.resolve(result);
      else request?.reject(revive(failure ?? { message: 'a worker answered nothing' }));
    });
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', (code) =>
      this.#fail(new Error(`owt-loader: a worker thread stopped with code ${code}.`)),
    );
  }

  /** Chunks that it was given and has not answered. */
  get load(): number {
    return this.#pending.size;
  }

  process(chunk: Chunk): Promise<ChunkResult> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      if (chunk.kind === 'json-lines') {
        const bytes = Uint8Array.from(chunk.bytes); // a view would take all that lies around it along
        const request: WorkerRequest = { id, chunk: { ...chunk, bytes } };
        this.#worker.postMessage(request, [bytes.buffer]);
      } else {
        const request: WorkerRequest = { id, chunk };
        this.#worker.postMessage(request);
      }
    });
  }

  async stop(): Promise<void> {
    this.#pending.clear();
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
