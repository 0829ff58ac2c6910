// Streams worked on by several threads, results in the order of the input. Node only: elsewhere, make a
// tokenizer in a worker of your own.

import type { Worker } from 'node:worker_threads';
import type { RaggedIds } from './batch-encoding.js';
import type { LineRange } from './line-ranges.js';
import type { EncoderBlueprint } from './sequence-encoder.js';
import type { TrainOptions } from './train.js';

/** What a worker needs to know before its first chunk. */
export type WorkerSetup =
  | {
      readonly task: 'encode';
      readonly blueprint: EncoderBlueprint;
      readonly isWide: boolean;
      /** The file that ranges are of. */
      readonly path?: string;
    }
  | { readonly task: 'count'; readonly options: TrainOptions };

/** Ids of the lines of each chunk, or of each range of a file, which the workers read themselves. */
export function encodeInWorkers(
  chunks: AsyncIterable<Uint8Array> | Iterable<LineRange>,
  count: number,
  setup: WorkerSetup & { task: 'encode' },
): AsyncGenerator<RaggedIds> {
  return inWorkers<RaggedIds>(chunks, count, setup);
}

/** Word counts of the lines of each chunk. */
export function countInWorkers(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
  options: TrainOptions,
): AsyncGenerator<ReadonlyMap<string, number>> {
  return inWorkers<ReadonlyMap<string, number>>(chunks, count, { task: 'count', options });
}

async function* inWorkers<T>(
  chunks: AsyncIterable<Uint8Array> | Iterable<LineRange>,
  count: number,
  setup: WorkerSetup,
): AsyncGenerator<T> {
  const threads = Array.from({ length: count }, () => new Thread<T>(setup));
  const pending: Promise<T>[] = [];
  let next = 0;
  try {
    for await (const chunk of chunks) {
      const result = threads[next++ % count].work(chunk);
      result.catch(() => undefined); // reported when its turn comes
      pending.push(result);
      // two chunks a thread: one at work, one waiting
      if (pending.length >= 2 * count) yield await (pending.shift() as Promise<T>);
    }
    for (const result of pending) yield await result;
  } finally {
    await Promise.all(threads.map((thread) => thread.stop()));
  }
}

/** One worker; it answers in the order it is asked. */
class Thread<T> {
  readonly #worker: Worker;
  readonly #waiting: { resolve: (result: T) => void; reject: (error: Error) => void }[] = [];
  #failure: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = startWorker(setup);
    this.#worker.on('message', (result: T) => this.#waiting.shift()?.resolve(result));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) =>
      this.#fail(new Error(`wordpiece: a worker thread stopped with code ${code}.`)),
    );
  }

  work(chunk: Uint8Array | LineRange): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      this.#waiting.push({ resolve, reject });
      // whole lines are copies of their own
      const moved = ArrayBuffer.isView(chunk) ? [chunk.buffer as ArrayBuffer] : [];
      this.#worker.postMessage(chunk, moved);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
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
