// The loop of a worker: jobs come in, their inputs wait, batches are computed, answers go out.
//
// Two batches are under way at a time: while the engine computes one, the next stands ready behind it.

import { InputError, type Request } from '@alectra/pipelines';
import { checkAnswerSize, finiteJson, shapeAnswer } from './answer-shapes.js';
import { BatchQueue } from './batch-queue.js';
import type { FromWorker, Job, JobAnswer } from './protocol.js';
import type { TaskName } from './task-name.js';
import type { TaskPipeline } from './task-pipelines.js';

export interface BatcherOptions {
  pipeline(task: TaskName): Promise<TaskPipeline>;
  send(message: FromWorker): void;
  readonly maxBatchTokens: number;
  readonly maxBatchInputs: number;
}

interface OpenJob {
  readonly job: Job;
  readonly pipeline: TaskPipeline;
  readonly results: unknown[];
  readonly arrivedAt: number;
  tokens: number;
  left: number;
  startedAt: number;
  computeMs: number;
}

interface Item {
  readonly open: OpenJob;
  readonly index: number;
  readonly request: Request<unknown>;
  readonly tokens: number;
  readonly lane: TaskName;
}

const UNDER_WAY = 2;
/** Vocabulary rows are computed for every mask. */
const MAX_MASKS = 32;

export class Batcher {
  readonly #options: BatcherOptions;
  readonly #queue: BatchQueue<Item>;
  readonly #cancelled = new Set<number>();
  /** Jobs whose pipeline is being made. */
  readonly #starting = new Set<number>();
  #underWay = 0;
  #isWoken = false;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#queue = new BatchQueue({
      maxTokens: options.maxBatchTokens,
      maxInputs: options.maxBatchInputs,
    });
  }

  async add(job: Job): Promise<void> {
    const arrivedAt = performance.now();
    try {
      this.#starting.add(job.id);
      const pipeline = await this.#options.pipeline(job.task);
      this.#starting.delete(job.id);
      if (this.#cancelled.delete(job.id)) return;
      this.#enqueue(job, pipeline, arrivedAt);
    } catch (error) {
      this.#starting.delete(job.id);
      this.#cancelled.delete(job.id);
      this.#send([faultOf(job.id, error)]);
    }
  }

  /** Drops what is not yet in a batch. */
  cancel(id: number): void {
    this.#queue.remove(({ open }) => open.job.id === id);
    if (this.#starting.has(id)) this.#cancelled.add(id);
  }

  #enqueue(job: Job, pipeline: TaskPipeline, arrivedAt: number): void {
    const requests = job.inputs.map((input) => pipeline.prepare(input, job.parameters));
    for (const { rows } of requests) checkMasks(rows);
    const open: OpenJob = {
      job,
      pipeline,
      results: [],
      arrivedAt,
      tokens: requests.reduce((sum, { tokenCount }) => sum + tokenCount, 0),
      left: requests.length,
      startedAt: 0,
      computeMs: 0,
    };
    for (const [index, request] of requests.entries())
      this.#queue.push({ open, index, request, tokens: request.tokenCount, lane: job.task });
    this.#wake();
  }

  /** Soon, but after the messages that are already here: so they share a batch, and leavers are known. */
  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    setImmediate(() => {
      this.#isWoken = false;
      while (this.#underWay < UNDER_WAY) {
        const batch = this.#queue.take();
        const [first] = batch;
        if (!first) return;
        this.#underWay += 1;
        void this.#compute(batch, first.open.pipeline).finally(() => {
          this.#underWay -= 1;
          this.#wake();
        });
      }
    });
  }

  async #compute(batch: readonly Item[], pipeline: TaskPipeline): Promise<void> {
    const began = performance.now();
    for (const { open } of batch) open.startedAt ||= began;
    const outcomes = await outcomesOf(batch, pipeline);
    const computeMs = performance.now() - began;
    const answers: JobAnswer[] = [];
    for (const [at, outcome] of outcomes.entries()) {
      const { open, index } = batch[at] as Item; // one outcome an item
      if (open.left === 0) continue; // another of its inputs has failed
      open.computeMs += computeMs;
      if ('error' in outcome) {
        open.left = 0;
        this.#queue.remove((item) => item.open === open);
        answers.push(faultOf(open.job.id, outcome.error));
        continue;
      }
      open.results[index] = outcome.value;
      open.left -= 1;
      if (open.left === 0) answers.push(answerOf(open));
    }
    const tokens = batch.reduce((sum, item) => sum + item.tokens, 0);
    this.#options.send({ kind: 'batch', inputs: batch.length, tokens, computeMs });
    if (answers.length > 0) this.#send(answers);
  }

  #send(answers: readonly JobAnswer[]): void {
    this.#options.send({ kind: 'answers', answers });
  }
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** If a batch fails, each of its inputs is tried alone: one client's input shall not fail the others'. */
async function outcomesOf(batch: readonly Item[], pipeline: TaskPipeline): Promise<Outcome[]> {
  try {
    const values = await pipeline.run(batch.map(({ request }) => request));
    return values.map((value) => ({ value }));
  } catch (error) {
    if (batch.length === 1) return [{ error }];
    const outcomes: Outcome[] = [];
    for (const item of batch) outcomes.push(...(await outcomesOf([item], pipeline)));
    return outcomes;
  }
}

function answerOf(open: OpenJob): JobAnswer {
  const { job, results, tokens, startedAt, arrivedAt, computeMs } = open;
  const times = { tokens, queueMs: startedAt - arrivedAt, computeMs };
  try {
    checkAnswerSize(results);
    return { id: job.id, body: finiteJson(shapeAnswer(job.task, results, job)), ...times };
  } catch (error) {
    return { ...faultOf(job.id, error), ...times };
  }
}

/**
 * What the client did wrong is said in the first line of the pipeline's message, where a parameter has its name in
 * HTTP; the rest is for programmers.
 */
function faultOf(id: number, error: unknown): JobAnswer {
  const isTheirs = error instanceof InputError;
  const message = isTheirs || error instanceof Error ? error.message : String(error);
  const said = (message.split('\n', 1)[0] ?? '')
    .replace(/^pipelines: /, '')
    .replace(/^cannot use `\w+`/, (start) =>
      start.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
  const none = { tokens: 0, queueMs: 0, computeMs: 0 };
  if (isTheirs) {
    const status = error.code === 'too-long' ? 422 : 400;
    return { id, fault: { status, type: 'Validation', message: said }, ...none };
  }
  return {
    id,
    fault: { status: 424, type: 'Backend', message: `The model failed: ${said}` },
    ...none,
  };
}

function checkMasks(rows: Request<unknown>['rows']): void {
  const masks = rows.reduce((sum, { positions }) => sum + positions.length, 0);
  if (masks <= MAX_MASKS) return;
  throw new InputError(
    'too-long',
    `the text has ${masks} masks: at most ${MAX_MASKS} are filled at once.\nSplit it.`,
  );
}
