// A loaded model: a worker thread that queues, batches and computes, and what is asked of it.

import { Worker } from 'node:worker_threads';
import { clientLeft, HttpFault } from './http-fault.js';
import type { FromWorker, Job, JobAnswer, ToWorker, WorkerSetup } from './protocol.js';

export interface ThreadEvents {
  onBatch?(batch: { inputs: number; tokens: number; computeMs: number }): void;
  /** Once, when the thread ends without having been asked to. */
  onCrash?(reason: string): void;
}

export interface ThreadOptions extends ThreadEvents {
  /** A worker that has work and says nothing for so long is ended. */
  readonly stallMs: number;
  /** Module of the worker; tests give one that misbehaves. */
  readonly module?: URL;
}

interface Pending {
  readonly inputs: number;
  settle(answer: JobAnswer): void;
  fail(fault: HttpFault): void;
}

export class ModelThread {
  readonly engine: string;
  readonly maxTokens: number;
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #watch: NodeJS.Timeout;
  /** Called when nothing is pending. */
  readonly #idle: (() => void)[] = [];
  #nextId = 0;
  #heardAt = performance.now();
  #ended: string | undefined;

  private constructor(worker: Worker, ready: Ready, options: ThreadOptions) {
    this.#worker = worker;
    this.#options = options;
    this.engine = ready.engine;
    this.maxTokens = ready.maxTokens;
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error: Error) => this.#crash(`its worker failed: ${error.message}`));
    worker.on('exit', (code) => this.#crash(`its worker stopped with code ${code}`));
    this.#watch = setInterval(() => this.#checkStall(), Math.min(options.stallMs / 2, 5000));
    this.#watch.unref();
  }

  /** Starts a worker and waits until its model is loaded. @throws Error with the reason why it is not */
  static async start(setup: WorkerSetup, options: ThreadOptions): Promise<ModelThread> {
    const worker = startWorker(setup, options.module);
    try {
      return new ModelThread(worker, await ready(worker), options);
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  /** Inputs that were asked and not yet answered. */
  get pending(): number {
    let inputs = 0;
    for (const job of this.#pending.values()) inputs += job.inputs;
    return inputs;
  }

  get isAlive(): boolean {
    return this.#ended === undefined;
  }

  /**
   * The answer to a job. When `signal` aborts, the job is dropped unless it is being computed, and the promise is
   * rejected at once.
   *
   * @throws HttpFault what the worker refused, or 424 if it failed
   */
  ask(job: Omit<Job, 'id'>, signal?: AbortSignal): Promise<JobAnswer> {
    if (this.#ended !== undefined) return Promise.reject(backendFault(this.#ended));
    if (signal?.aborted) return Promise.reject(clientLeft());
    const id = this.#nextId++;
    if (this.#pending.size === 0) this.#heardAt = performance.now();
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#pending.delete(id);
        signal?.removeEventListener('abort', cancel);
        if (this.#pending.size === 0) for (const resume of this.#idle.splice(0)) resume();
      };
      const cancel = (): void => {
        end();
        this.#tell({ kind: 'cancel', id });
        reject(clientLeft());
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#pending.set(id, {
        inputs: job.inputs.length,
        settle(answer) {
          end();
          const { fault } = answer;
          if (fault) reject(new HttpFault(fault.status, fault.type, fault.message));
          else resolve(answer);
        },
        fail(fault) {
          end();
          reject(fault);
        },
      });
      this.#tell({ kind: 'job', job: { ...job, id } });
    });
  }

  /** Resolves when nothing is pending. */
  async drain(): Promise<void> {
    if (this.#pending.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends the thread; what is pending fails. */
  async stop(): Promise<void> {
    this.#end('its worker was stopped');
    await this.#worker.terminate();
  }

  #tell(message: ToWorker): void {
    if (this.#ended === undefined) this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    this.#heardAt = performance.now();
    if (message.kind === 'batch') this.#options.onBatch?.(message);
    if (message.kind !== 'answers') return;
    for (const answer of message.answers) this.#pending.get(answer.id)?.settle(answer);
  }

  #checkStall(): void {
    const silentMs = performance.now() - this.#heardAt;
    if (this.#pending.size === 0 || silentMs < this.#options.stallMs) return;
    this.#crash(`its worker said nothing for ${(silentMs / 1000).toFixed(1)} s`);
    void this.#worker.terminate();
  }

  #crash(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#end(reason);
    this.#options.onCrash?.(reason);
  }

  #end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    clearInterval(this.#watch);
    for (const { fail } of [...this.#pending.values()]) fail(backendFault(reason));
  }
}

type Ready = Extract<FromWorker, { kind: 'ready' }>;

function ready(worker: Worker): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const listen = (message: FromWorker): void => {
      if (message.kind === 'ready') done(() => resolve(message));
      else if (message.kind === 'failed') done(() => reject(new Error(message.message)));
    };
    const fail = (error: Error): void => done(() => reject(error));
    const exit = (code: number): void =>
      done(() => reject(new Error(`serve: a worker stopped with code ${code} while loading.`)));
    const done = (settle: () => void): void => {
      worker.off('message', listen);
      worker.off('error', fail);
      worker.off('exit', exit);
      settle();
    };
    worker.on('message', listen);
    worker.on('error', fail);
    worker.on('exit', exit);
  });
}

const backendFault = (reason: string): HttpFault =>
  new HttpFault(424, 'Backend', `The model failed: ${reason}. It is started anew when asked again`);

/** From source the thread has to load TypeScript, which Node's own --import does not reach in a worker. */
function startWorker(
  workerData: WorkerSetup,
  module = new URL('./model-worker.ts', import.meta.url),
): Worker {
  if (!module.pathname.endsWith('.ts')) return new Worker(module, { workerData });
  const loader = import.meta.resolve('tsx/esm/api');
  const script = `import('${loader}').then(({ register }) => { register(); return import('${module.href}'); });`;
  const execArgv = ['--conditions=@alectra/source'];
  return new Worker(script, { eval: true, workerData, execArgv });
}
