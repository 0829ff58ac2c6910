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

/** Chunks of a thread: one at work, one waiting. */
const FULL = 2;

async function* inWorkers<T>(
  chunks: AsyncIterable<Uint8Array> | Iterable<LineRange>,
  count: number,
  setup: WorkerSetup,
): AsyncGenerator<T> {
  const threads = Array.from({ length: count }, () => new Thread<T>(setup));
  const pending: Answer<T>[] = [];
  try {
    for await (const chunk of chunks) {
      // the thread that is ahead: cores are not equally fast, nor always ours
      pending.push(leastBusy(threads).work(chunk));
      while (pending[0]?.isThere || pending.length >= 2 * FULL * count)
        yield await (pending.shift() as Answer<T>).result;
      while (leastBusy(threads).load === FULL)
        await Promise.race(threads.map((thread) => thread.next));
    }
    for (const { result } of pending) yield await result;
  } finally {
    await Promise.all(threads.map((thread) => thread.stop()));
  }
}

function leastBusy<T>(threads: readonly Thread<T>[]): Thread<T> {
  return threads.reduce((least, thread) => (thread.load < least.load ? thread : least));
}

interface Answer<T> {
  /** A failure is reported when its turn comes. */
  readonly result: Promise<T>;
  /** Settled when the result is there. */
  readonly settled: Promise<void>;
  isThere: boolean;
}

interface Waiting<T> {
  readonly answer: Answer<T>;
  resolve(result: T): void;
  reject(error: Error): void;
}

/** One worker; it answers in the order it is asked. */
class Thread<T> {
  readonly #worker: Worker;
  readonly #waiting: Waiting<T>[] = [];
  #failure: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = startWorker(setup);
    this.#worker.on('message', (result: T) => this.#waiting.shift()?.resolve(result));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) =>
      this.#fail(new Error(`wordpiece: a worker thread stopped with code ${code}.`)),
    );
  }

  /** Chunks that are not answered yet. */
  get load(): number {
    return this.#waiting.length;
  }

  /** Settled when the first of them is. */
  get next(): Promise<void> | undefined {
    return this.#waiting[0]?.answer.settled;
  }

  work(chunk: Uint8Array | LineRange): Answer<T> {
    const { resolve, reject, answer } = newAnswer<T>();
    if (this.#failure) {
      reject(this.#failure);
      return answer;
    }
    this.#waiting.push({ resolve, reject, answer });
    // whole lines are copies of their own
    const moved = ArrayBuffer.isView(chunk) ? [chunk.buffer as ArrayBuffer] : [];
    this.#worker.postMessage(chunk, moved);
    return answer;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function newAnswer<T>(): Waiting<T> {
  let resolve: (result: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const result = new Promise<T>((onResult, onError) => {
    [resolve, reject] = [onResult, onError];
  });
  const settle = (): void => {
    answer.isThere = true;
  };
  const answer: Answer<T> = { result, settled: result.then(settle, settle), isThere: false };
  return { answer, resolve, reject };
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
