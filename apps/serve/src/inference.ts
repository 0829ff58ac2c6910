// From a checked request to an answer: cache, permit, model, worker.

import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerCache } from './answer-cache.js';
import { HttpFault } from './http-fault.js';
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
    this.#cache = new AnswerCache(limits.cacheMegabytes << 20);
  }

  /** Inputs that wait or are computed. */
  get underWay(): number {
    return this.#underWay;
  }

  get cachedBytes(): number {
    return this.#cache.bytes;
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
    if (options.dont_load_model && !this.#pool.loaded(model))
      throw new HttpFault(404, 'NotLoaded', 'not loaded yet');

    const answer = await this.#permitted(inputs.length, async () => {
      const thread =
        this.#pool.loaded(model) ?? (await this.#load(model, options.wait_for_model === true));
      return thread.ask({ task, inputs, parameters, isList }, signal);
    });
    const body = answer.body ?? 'null';
    if (usesCache) this.#cache.set(key, body);
    return { ...timesOf(answer), body, computeType: 'cpu' };
  }

  /** @throws HttpFault 429 unless there is room for so many inputs more */
  checkRoom(inputs: number): void {
    const { maxQueue } = this.#limits;
    if (this.#underWay + inputs <= maxQueue) return;
    throw new HttpFault(429, 'Overloaded', 'The server has too much to do: come again later', {
      headers: {
        'retry-after': '1',
        ratelimit: `"queue";r=${maxQueue - this.#underWay};t=1`,
        'ratelimit-policy': `"queue";q=${maxQueue};w=1`,
      },
    });
  }

  /** One permit an input, so that a list weighs what its elements would alone. */
  async #permitted<T>(inputs: number, work: () => Promise<T>): Promise<T> {
    this.checkRoom(inputs);
    this.#underWay += inputs;
    try {
      return await work();
    } finally {
      this.#underWay -= inputs;
    }
  }

  /** Holds the request while its model loads: a client told 503 at once would come again at once. */
  async #load(model: ServedModel, waits: boolean): Promise<ModelThread> {
    const loading = this.#pool.load(model);
    if (waits) return loading;
    const { holdSeconds } = this.#limits;
    const timer = new AbortController();
    const late = sleep(1000 * holdSeconds, undefined, { signal: timer.signal, ref: false });
    try {
      const thread = await Promise.race([loading, late.then(() => undefined)]);
      if (thread) return thread;
    } finally {
      timer.abort();
      late.catch(() => undefined); // the abort
    }
    loading.catch(() => undefined); // reported by /status
    throw new HttpFault(503, 'Loading', `Model ${model.id} is currently loading`, {
      headers: { 'retry-after': String(Math.max(1, Math.ceil(holdSeconds))) },
      fields: { estimated_time: Math.max(1, holdSeconds) },
    });
  }
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
