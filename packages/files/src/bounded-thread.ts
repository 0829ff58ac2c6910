// A thread whose answers are waited for so long and no longer: parsers of files from strangers can be led into
// work without an end, and cannot be interrupted.

import type { TransferListItem, Worker } from 'node:worker_threads';

export interface AskOptions {
  readonly timeLimitMs: number;
  /** Buffers of the request that are handed over instead of copied. */
  readonly transfer?: readonly TransferListItem[];
}

/** How long a thread may take to load its modules, on the busiest machine. */
const START_LIMIT_MS = 300_000;

/** Work of about 0.1 s a megabyte is given twenty times that, and half a minute. */
export function generousTimeLimitMs(byteLength: number): number {
  return 30_000 + (byteLength / 2 ** 20) * 2_000;
}

/** Answers one request after another. It keeps the process alive only while it has one. */
export class BoundedThread<Request, Answer> {
  readonly #start: () => Worker;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param start makes the thread, which posts one message when it is ready and then one for each it gets; called
   *   again after a failure or an end
   */
  constructor(start: () => Worker) {
    this.#start = start;
  }

  /** @throws Error that says what was found instead of an answer: no end in time, or in memory, or an exit */
  ask(request: Request, options: AskOptions): Promise<Answer> {
    const answer = this.#last.then(() => this.#exchange(request, options));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Ends the thread; whoever waits for an answer is told. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #exchange(request: Request, { timeLimitMs, transfer = [] }: AskOptions): Promise<Answer> {
    try {
      const worker = this.#worker ?? (await this.#newWorker());
      worker.ref();
      worker.postMessage(request, transfer);
      const found = await nextMessage<Answer>(worker, timeLimitMs);
      worker.unref();
      return found;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #newWorker(): Promise<Worker> {
    const worker = this.#start();
    this.#worker = worker;
    worker.on('error', () => undefined); // whoever waits is told; between requests, or at its end, nobody does
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    await nextMessage(worker, START_LIMIT_MS);
    return worker;
  }
}

/**
 * An error of the thread counts at its exit only: an answer sent before it may arrive after it, but before the exit.
 *
 * @throws Error if the thread says nothing in time, or nothing more
 */
function nextMessage<Message>(worker: Worker, timeLimitMs: number): Promise<Message> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    const onError = (error: unknown): void => {
      failure = error;
    };
    const onMessage = (message: Message): void => {
      stopListening();
      resolve(message);
    };
    const onExit = (code: number): void => {
      stopListening();
      reject(failure ?? new Error(`an end of its thread with code ${code}`));
    };
    const timer = setTimeout(() => {
      stopListening();
      reject(new Error(`work without an end, still after ${timeLimitMs / 1000} s`));
    }, timeLimitMs);
    const stopListening = (): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
