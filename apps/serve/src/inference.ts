// From a checked request to an answer: cache, permit, model, worker.

import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerCache } from './answer-cache.js';
import { overloaded } from './door.js';
import { clientLeft, HttpFault } from './http-fault.js';
import type { ModelPool } from './model-pool.js';
import type { ModelThread } from './model-thread.js';
import type { JobAnswer } from './protocol.js';
import type { ServedModel } from './served-model.js';
import type { TaskName } from './task-name.js';
import type { TaskRequest } from './task-requests.js';

export interface InferenceLimits {
  readonly maxQueue: number;
  readonly holdSeconds: number;
  readonly cacheMegabytes: number;
}

export interface Answered {
  /** JSON. */
  readonly body: string;
  readonly computeType: 'cpu' | 'cache';
  readonly tokens: number;
  readonly queueMs: number;
  readonly computeMs: number;
}

export class Inference {
  readonly #pool: ModelPool;
  readonly #limits: InferenceLimits;
  readonly #cache: AnswerCache;
  #underWay = 0;

  constructor(pool: ModelPool, limits: InferenceLimits) {
    this.#pool = pool;
    this.#limits = limits;
    this.#cache = new AnswerCache(limits.cacheMegabytes * 2 ** 20);
  }

  /** Inputs that wait or are computed. */
  get underWay(): number {
    return this.#underWay;
  }

  /**
   * The answer to a request. A client that left is told by `signal`.
   *
   * @throws HttpFault 429 when the queue is full, 503 while the model loads, 404 if it may not be loaded for this, and
   *   what pool and worker refuse
   */
  async answer(
    model: ServedModel,
    task: TaskName,
    request: TaskRequest,
    signal: AbortSignal,
  ): Promise<Answered> {
    const { inputs, isList, parameters, options } = request;
    const usesCache = options.use_cache !== false;
    const key = usesCache
      ? JSON.stringify([model.id, model.revision, task, isList, parameters, inputs])
      : '';
    const known = usesCache ? this.#cache.get(key) : undefined;
    if (known !== undefined)
      return { body: known, computeType: 'cache', tokens: 0, queueMs: 0, computeMs: 0 };
    if (options.dont_load_model && !this.#pool.loaded(model, task))
      throw new HttpFault(404, 'NotLoaded', 'not loaded yet');

    const answer = await this.#permitted(inputs.length, async () => {
      const thread =
        this.#pool.loaded(model, task) ??
        (await this.#load(model, task, { waits: options.wait_for_model === true, signal }));
      return thread.ask({ task, inputs, parameters, isList }, signal);
    });
    const body = answer.body ?? 'null';
    if (usesCache) this.#cache.set(key, body);
    return { ...timesOf(answer), body, computeType: 'cpu' };
  }

  /** 429 unless there is room for so many inputs more. */
  refusal(inputs: number): HttpFault | undefined {
    const { maxQueue } = this.#limits;
    const room = maxQueue - this.#underWay;
    return inputs <= room ? undefined : overloaded(room, maxQueue);
  }

  /** One permit an input, so that a list weighs what its elements would alone. */
  async #permitted<T>(inputs: number, work: () => Promise<T>): Promise<T> {
    const refusal = this.refusal(inputs);
    if (refusal) throw refusal;
    this.#underWay += inputs;
    try {
      return await work();
    } finally {
      this.#underWay -= inputs;
    }
  }

  /**
   * Holds the request while its model loads: a client told 503 at once would come again at once. One that leaves gives
   * its permit back; the loading goes on.
   */
  async #load(
    model: ServedModel,
    task: TaskName,
    { waits, signal }: { readonly waits: boolean; readonly signal: AbortSignal },
  ): Promise<ModelThread> {
    const loading = this.#pool.load(model, task);
    loading.catch(() => undefined); // who is late or gone does not hear of it; /status does
    const { holdSeconds } = this.#limits;
    const over = new AbortController();
    const ends: Promise<ModelThread | undefined>[] = [loading, leaving(signal, over.signal)];
    if (!waits) {
      const late = sleep(1000 * holdSeconds, undefined, { signal: over.signal, ref: false });
      ends.push(late.catch(() => undefined)); // of the abort
    }
    try {
      const thread = await Promise.race(ends);
      if (thread) return thread;
    } finally {
      over.abort();
    }
    throw new HttpFault(503, 'Loading', `Model ${model.id} is currently loading`, {
      headers: { 'retry-after': String(Math.max(1, Math.ceil(holdSeconds))) },
      fields: { estimated_time: Math.max(1, holdSeconds) },
    });
  }
}

/** Rejects when `signal` aborts before `over` does. */
function leaving(signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leave = (): void => reject(clientLeft());
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true, signal: over });
  });
}

const timesOf = ({
  tokens,
  queueMs,
  computeMs,
}: JobAnswer): Omit<Answered, 'body' | 'computeType'> => ({
  tokens,
  queueMs,
  computeMs,
});
