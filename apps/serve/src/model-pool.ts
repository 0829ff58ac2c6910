// Which models are loaded: each on demand, once, within a memory budget; the least recently used makes room.

import { HttpFault } from './http-fault.js';
import { ModelThread, type ThreadEvents } from './model-thread.js';
import type { WorkerSetup } from './protocol.js';
import { mainTaskOf, type ServedModel } from './served-model.js';
import type { TaskName } from './task-name.js';

export type ModelState = 'loadable' | 'loading' | 'loaded' | 'failed' | 'too-big';

export interface ModelStatus {
  readonly state: ModelState;
  /** Why it failed, last. */
  readonly error?: string;
  /** How often its worker ended without having been asked to. */
  readonly crashes: number;
  /** Inputs under way. */
  readonly pending: number;
  readonly engine?: string;
}

export interface PoolOptions {
  readonly engine: WorkerSetup['engine'];
  readonly threads: number;
  readonly spinning: boolean;
  readonly warmUp: boolean;
  readonly maxBatchTokens: number;
  readonly maxBatchInputs: number;
  readonly memoryBytes: number;
  readonly stallMs: number;
  readonly onBatch?: (model: ServedModel, batch: Batch) => void;
  readonly onEvent?: (event: PoolEvent) => void;
  /** Module of the workers; tests give one that misbehaves. */
  readonly workerModule?: URL;
}

type Batch = Parameters<NonNullable<ThreadEvents['onBatch']>>[0];

export interface PoolEvent {
  readonly kind: 'loading' | 'loaded' | 'evicted' | 'failed' | 'crashed';
  readonly model: string;
  readonly reason?: string;
  readonly seconds?: number;
}

/** A model that failed to load is not tried again within this time: clients that repeat at once shall not spin. */
const RETRY_MS = 5000;
/** A thread with TensorFlow.js and an engine in it, before any weights. */
const THREAD_BYTES = 64 << 20;
/** The weights, once in the engine and once as the engine packs them for its products. */
const COPIES_OF_WEIGHTS = 2;

interface Slot {
  readonly model: ServedModel;
  /** Those with weights in the thread: the main one from the start, others from when they are first asked for. */
  tasks: Set<TaskName>;
  loading?: Promise<ModelThread>;
  thread?: ModelThread;
  error?: string;
  failedAt: number;
  usedAt: number;
}

export class ModelPool {
  readonly #options: PoolOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #crashes = new Map<string, number>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Estimated memory of the model when it is loaded for so many tasks. */
  bytesOf(model: ServedModel, tasks = 1): number {
    return THREAD_BYTES + COPIES_OF_WEIGHTS * tasks * model.weightBytes;
  }

  status(model: ServedModel): ModelStatus {
    const slot = this.#current(model);
    const crashes = this.#crashes.get(model.id) ?? 0;
    const pending = slot?.thread?.pending ?? 0;
    if (slot?.thread) return { state: 'loaded', crashes, pending, engine: slot.thread.engine };
    if (slot?.loading) return { state: 'loading', crashes, pending };
    if (this.bytesOf(model) > this.#options.memoryBytes)
      return { state: 'too-big', crashes, pending };
    if (slot?.error !== undefined) return { state: 'failed', error: slot.error, crashes, pending };
    return { state: 'loadable', crashes, pending };
  }

  /** The thread of a model that is loaded for the task now. */
  loaded(model: ServedModel, task: TaskName): ModelThread | undefined {
    const slot = this.#current(model);
    if (!slot?.thread || !slot.tasks.has(task)) return undefined;
    slot.usedAt = performance.now();
    return slot.thread;
  }

  /**
   * The thread of a model, which is loaded if it is not, with room for the weights of the task. All who ask while it
   * loads wait for one loading.
   *
   * @throws HttpFault 403 if it is larger than the whole budget, 429 if others that work hold the memory, 500 if it
   *   cannot be loaded, 503 in a shutdown
   */
  async load(model: ServedModel, task: TaskName): Promise<ModelThread> {
    if (this.#isClosed) throw new HttpFault(503, 'Unhealthy', 'The server is shutting down');
    const slot = this.#current(model) ?? this.#add(model);
    slot.usedAt = performance.now();
    const thread = slot.thread ?? (await this.#loading(slot));
    if (!slot.tasks.has(task)) await this.#addTask(slot, task);
    // room for another model may have been made of it meanwhile
    return thread.isAlive ? thread : this.load(model, task);
  }

  #loading(slot: Slot): Promise<ModelThread> {
    if (slot.loading) return slot.loading;
    if (slot.error !== undefined && performance.now() - slot.failedAt < RETRY_MS)
      throw this.#loadFault(slot);
    slot.loading = this.#start(slot).finally(() => {
      slot.loading = undefined;
    });
    return slot.loading;
  }

  /** Counts the weights that the thread will load for a further task. */
  async #addTask(slot: Slot, task: TaskName): Promise<void> {
    this.#checkSize(slot.model, slot.tasks.size + 1);
    const { tasks } = slot;
    tasks.add(task);
    try {
      await this.#makeRoom(slot);
    } catch (error) {
      tasks.delete(task);
      throw error;
    }
  }

  /** @throws HttpFault 403 for what is larger than the whole budget */
  #checkSize(model: ServedModel, tasks: number): void {
    const bytes = this.bytesOf(model, tasks);
    const { memoryBytes } = this.#options;
    if (bytes <= memoryBytes) return;
    const megabytes = (count: number): string => `${Math.ceil(count / (1 << 20))} MB`;
    throw new HttpFault(
      403,
      'TooLarge',
      `The model ${model.id} is too large to be loaded${tasks > 1 ? ` for ${tasks} tasks` : ''} ` +
        `(${megabytes(bytes)} > ${megabytes(memoryBytes)})`,
    );
  }

  /** Ends every thread; whatever is pending fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all(
      slots.map(async ({ loading, thread }) => {
        await (thread ?? (await loading?.catch(() => undefined)))?.stop();
      }),
    );
  }

  #add(model: ServedModel): Slot {
    const slot: Slot = {
      model,
      tasks: new Set([mainTaskOf(model)]),
      failedAt: 0,
      usedAt: performance.now(),
    };
    this.#slots.set(model.id, slot);
    return slot;
  }

  /** The slot, unless it is of an older revision of the folder: that is given up. */
  #current(model: ServedModel): Slot | undefined {
    const slot = this.#slots.get(model.id);
    if (slot === undefined || slot.model.revision === model.revision) return slot;
    this.#slots.delete(model.id);
    void this.#retire(slot);
    return undefined;
  }

  async #retire({ loading, thread }: Slot): Promise<void> {
    const started = thread ?? (await loading?.catch(() => undefined));
    await started?.drain();
    await started?.stop();
  }

  async #start(slot: Slot): Promise<ModelThread> {
    const { model } = slot;
    const { onBatch, onEvent, stallMs, workerModule, ...setup } = this.#options;
    slot.tasks = new Set([mainTaskOf(model)]);
    this.#checkSize(model, 1);
    await this.#makeRoom(slot);
    const began = performance.now();
    onEvent?.({ kind: 'loading', model: model.id });
    try {
      const thread = await ModelThread.start(
        {
          folder: model.folder,
          engine: setup.engine,
          threads: setup.threads,
          spinning: setup.spinning,
          warmUp: setup.warmUp,
          maxBatchTokens: setup.maxBatchTokens,
          maxBatchInputs: setup.maxBatchInputs,
        },
        {
          stallMs,
          ...(workerModule && { module: workerModule }),
          onBatch: (batch) => onBatch?.(model, batch),
          onCrash: (reason) => this.#crashed(slot, reason),
        },
      );
      slot.error = undefined;
      if (this.#isClosed) {
        await thread.stop();
        throw new HttpFault(503, 'Unhealthy', 'The server is shutting down');
      }
      slot.thread = thread;
      const seconds = (performance.now() - began) / 1000;
      onEvent?.({ kind: 'loaded', model: model.id, seconds });
      return thread;
    } catch (error) {
      if (error instanceof HttpFault) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      // strangers are not told where it lies; the log is
      slot.error = reason.split('\n', 1)[0]?.replaceAll(model.folder, model.id) ?? '';
      slot.failedAt = performance.now();
      onEvent?.({ kind: 'failed', model: model.id, reason });
      throw this.#loadFault(slot);
    }
  }

  #loadFault({ model, error = 'unknown' }: Slot): HttpFault {
    return new HttpFault(500, 'Unhealthy', `Model ${model.id} could not be loaded: ${error}`);
  }

  #crashed(slot: Slot, reason: string): void {
    const { id } = slot.model;
    slot.thread = undefined;
    this.#crashes.set(id, (this.#crashes.get(id) ?? 0) + 1);
    this.#options.onEvent?.({ kind: 'crashed', model: id, reason });
  }

  async #makeRoom(wanted: Slot): Promise<void> {
    const held = (): Slot[] =>
      [...this.#slots.values()].filter((slot) => slot !== wanted && (slot.thread || slot.loading));
    const bytesOf = ({ model, tasks }: Slot): number => this.bytesOf(model, tasks.size);
    const free = (): number =>
      this.#options.memoryBytes - held().reduce((sum, slot) => sum + bytesOf(slot), 0);
    const idle = held()
      .filter(({ thread }) => thread && thread.pending === 0)
      .sort((a, b) => a.usedAt - b.usedAt);
    for (const slot of idle) {
      if (free() >= bytesOf(wanted)) return;
      const { thread } = slot;
      if (!thread || thread.pending > 0) continue; // it was asked while the one before it ended
      slot.thread = undefined;
      this.#options.onEvent?.({ kind: 'evicted', model: slot.model.id });
      await thread.stop();
    }
    if (free() >= bytesOf(wanted)) return;
    throw new HttpFault(
      429,
      'Overloaded',
      `There is no room to load ${wanted.model.id}: the models in memory are at work`,
      { headers: { 'retry-after': '5' } },
    );
  }
}
