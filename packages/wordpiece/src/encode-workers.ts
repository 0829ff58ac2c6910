// A stream encoded by several threads, results in the order of the input. Node only: elsewhere, make a
// tokenizer in a worker of your own.

import type { Worker } from 'node:worker_threads';
import type { RaggedIds } from './batch-encoding.js';
import type { EncodeBytesOptions } from './corpus-encoder.js';

export interface EncodeStreamOptions extends EncodeBytesOptions {
  /** Threads beside this one. Default 0: this thread does the work. */
  readonly workers?: number;
  /** Bytes encoded at a time. Default 1 MiB. */
  readonly chunkBytes?: number;
}

/** What a worker needs to make its tokenizer. */
export interface WorkerSetup {
  readonly json: object;
  readonly engine: 'auto' | 'typescript';
  readonly width: 'uint16' | 'int32';
}

export async function* encodeInWorkers(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
  setup: WorkerSetup,
): AsyncGenerator<RaggedIds> {
  const threads = Array.from({ length: count }, () => new Thread(setup));
  const pending: Promise<RaggedIds>[] = [];
  let next = 0;
  try {
    for await (const chunk of chunks) {
      pending.push(threads[next++ % count].encode(chunk));
      // two chunks a thread: one at work, one waiting
      if (pending.length >= 2 * count) yield await (pending.shift() as Promise<RaggedIds>);
    }
    for (const result of pending) yield await result;
  } finally {
    for (const result of pending) result.catch(() => undefined);
    await Promise.all(threads.map((thread) => thread.stop()));
  }
}

/** One worker; it answers in the order it is asked. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting: { resolve: (ids: RaggedIds) => void; reject: (error: Error) => void }[] = [];

  constructor(setup: WorkerSetup) {
    this.#worker = startWorker(setup);
    this.#worker.on('message', (ids: RaggedIds) => this.#waiting.shift()?.resolve(ids));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) =>
      this.#fail(new Error(`wordpiece: a worker thread stopped with code ${code}.`)),
    );
  }

  encode(chunk: Uint8Array): Promise<RaggedIds> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(chunk, [chunk.buffer as ArrayBuffer]); // whole lines are copies of their own
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function startWorker(workerData: WorkerSetup): Worker {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (!threads)
    throw new Error(
      `wordpiece: cannot start workers here: there are no Node threads.\n` +
        `Leave workers out, or make a tokenizer in a worker of your own.`,
    );
  if (!import.meta.url.endsWith('.ts'))
    return new threads.Worker(new URL('./encode-worker.js', import.meta.url), { workerData });
  // from source, the thread has to load TypeScript itself
  const loader = import.meta.resolve('tsx/esm/api');
  const file = new URL('./encode-worker.ts', import.meta.url).href;
  const script = `import('${loader}').then(({ register }) => { register(); return import('${file}'); });`;
  return new threads.Worker(script, { eval: true, workerData, execArgv: [] });
}
