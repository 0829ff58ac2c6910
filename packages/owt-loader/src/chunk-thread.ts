// A worker thread that makes results of chunks, one at a time, and what is said between it and the thread that asks.

import type { Worker } from 'node:worker_threads';
import type { Chunk } from './chunk.js';
import type { EncoderModule } from './encoder-module.js';
import type { ChunkSettings } from './process-chunk.js';
import type { PlacedResult } from './result-memory.js';
import { type Failure, revive } from './shard-error.js';
import { startChunkThread } from './start-chunk-thread.js';

export interface WorkerSetup {
  readonly settings: ChunkSettings;
  readonly encoder: EncoderModule;
}

export interface WorkerRequest {
  readonly id: number;
  readonly chunk: Chunk;
  /** Of an earlier result, for that of this chunk. */
  readonly memory?: ArrayBuffer;
}

export interface WorkerResponse {
  readonly id: number;
  readonly placed?: PlacedResult;
  readonly failure?: Failure;
}

export class ChunkThread {
  readonly #worker: Worker;
  readonly #pending = new Map<
    number,
    { resolve(placed: PlacedResult): void; reject(error: Error): void }
  >();
  #id = 0;
  #failure: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = startChunkThread({ workerData: setup });
    this.#worker.on('message', ({ id, placed, failure }: WorkerResponse) => {
      const request = this.#pending.get(id);
      this.#pending.delete(id);
      if (placed) request?.resolve(placed);
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

  /** @param memory of an earlier result, which is moved to the thread */
  process(chunk: Chunk, memory?: ArrayBuffer): Promise<PlacedResult> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      const isBytes = chunk.kind === 'json-lines';
      // a view would take all that lies around it along
      const sent = isBytes ? { ...chunk, bytes: Uint8Array.from(chunk.bytes) } : chunk;
      const request: WorkerRequest = { id, chunk: sent, ...(memory && { memory }) };
      const moved = [sent.kind === 'json-lines' ? sent.bytes.buffer : undefined, memory];
      this.#worker.postMessage(
        request,
        moved.filter((buffer) => buffer !== undefined),
      );
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
