// Streams worked on by several threads, results in the order of the input. Node only: elsewhere, make a
// tokenizer in a worker of your own.

import type { Worker } from 'node:worker_threads';
import type { RaggedIds } from './batch-encoding.js';
import type { LineRange } from './line-ranges.js';
import { ReadAhead } from './read-ahead.js';
import type { EncoderBlueprint } from './sequence-encoder.js';
import type { TrainOptions } from './train.js';
import type { PackedCounts } from './word-counter.js';

/** What a worker needs to know before its first chunk. */
export type WorkerSetup =
  | {
      readonly task: 'encode';
      readonly blueprint: EncoderBlueprint;
      readonly isWide: boolean;
      /** Whether the memory of a result goes back to its thread, as two buffers, when the next is asked for. */
      readonly reuse: boolean;
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
  const memoryOf = ({ ids, rowSplits }: RaggedIds): ArrayBuffer[] => [
    ids.buffer as ArrayBuffer,
    rowSplits.buffer as ArrayBuffer,
  ];
  return inWorkers<RaggedIds>(chunks, count, setup, setup.reuse ? { memoryOf } : {});
}

/** Counts of the words of all chunks, one part from each worker. */
export async function countInWorkers(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
  options: TrainOptions,
): Promise<PackedCounts[]> {
  const parts: PackedCounts[] = [];
  const setup = { task: 'count', options } as const;
  const answers = inWorkers<PackedCounts | 'counted'>(chunks, count, setup, { last: 'counts' });
  for await (const answer of answers) if (answer !== 'counted') parts.push(answer);
  return parts;
}

/** Chunks of a thread: one at work, one waiting. */
const FULL = 2;

interface InWorkersOptions<T> {
  /** What goes back to the thread of a result when the next one is asked for. */
  readonly memoryOf?: (result: T) => ArrayBuffer[];
  /** What every thread is asked in the end. */
  readonly last?: 'counts';
}

async function* inWorkers<T>(
  chunks: AsyncIterable<Uint8Array> | Iterable<LineRange>,
  count: number,
  setup: WorkerSetup,
  { memoryOf, last }: InWorkersOptions<T>,
): AsyncGenerator<T> {
  const source = new ReadAhead<Uint8Array | LineRange>(chunks);
  const threads: Thread<T>[] = [];
  const pending: Answer<T>[] = [];
  try {
    while (threads.length < count) threads.push(new Thread<T>(setup));
    while (!source.isOver || pending.length > 0) {
      // the thread that is ahead: cores are not equally fast, nor always ours
      const thread = leastBusy(threads);
      if (thread.load < FULL && pending.length < 2 * FULL * count) {
        const chunk = source.take();
        if (chunk !== undefined) pending.push(thread.work(chunk));
      }
      source.ask();
      if (pending[0]?.isThere) {
        const { result, thread } = pending.shift() as Answer<T>;
        const value = await result;
        const memory = memoryOf?.(value);
        yield value;
        if (memory) thread.takeBack(memory);
      } else
        await firstOf([source.arrival, pending[0]?.settled, ...threads.map(({ next }) => next)]);
    }
    source.rethrow();
    if (last !== undefined) for (const thread of threads) yield await thread.work(last).result;
  } finally {
    await Promise.all([source.stop(), ...threads.map((thread) => thread.stop())]);
  }
}

/** Settled when one of them is, of those that there are. */
async function firstOf(events: readonly (Promise<void> | undefined)[]): Promise<void> {
  await Promise.race(events.filter((event) => event !== undefined));
}

function leastBusy<T>(threads: readonly Thread<T>[]): Thread<T> {
  return threads.reduce((least, thread) => (thread.load < least.load ? thread : least));
}

interface Answer<T> {
  /** Whose it is. */
  readonly thread: Thread<T>;
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
    this.#worker.unref(); // while nothing waits, the process may end
    this.#worker.on('message', (result: T) => {
      this.#waiting.shift()?.resolve(result);
      if (this.#waiting.length === 0) this.#worker.unref();
    });
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

  work(chunk: Uint8Array | LineRange | 'counts'): Answer<T> {
    const { resolve, reject, answer } = newAnswer(this);
    if (this.#failure) {
      reject(this.#failure);
      return answer;
    }
    this.#waiting.push({ resolve, reject, answer });
    this.#worker.ref();
    // whole lines are copies of their own
    const moved = ArrayBuffer.isView(chunk) ? [chunk.buffer as ArrayBuffer] : [];
    this.#worker.postMessage(chunk, moved);
    return answer;
  }

  /** Gives memory of an answer back, unless whoever had it moved it elsewhere. */
  takeBack(memory: ArrayBuffer[]): void {
    if (memory.every(({ byteLength }) => byteLength > 0)) this.#worker.postMessage(memory, memory);
  }

  async stop(): Promise<void> {
    this.#worker.ref(); // it is waited for
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function newAnswer<T>(thread: Thread<T>): Waiting<T> {
  let resolve: (result: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const result = new Promise<T>((onResult, onError) => {
    [resolve, reject] = [onResult, onError];
  });
  const settle = (): void => {
    answer.isThere = true;
  };
  const settled = result.then(settle, settle);
  const answer: Answer<T> = { thread, result, settled, isThere: false };
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
