// The runs of one model: one that is alone has all threads, several side by side have one thread each.
//
// Small matrices gain little from a second thread inside an operation; two runs side by side gain nearly all of it.

import type { EngineName } from '@alectra/jit';
import {
  type EngineOptions,
  KEPT,
  type Kind,
  type Shape,
  type ShapedInputs,
  type ShapedOutputs,
  ShapedPrograms,
} from './shaped-programs.js';

export interface QueueOptions extends EngineOptions {
  readonly parallelRuns: number;
}

/** Milliseconds without a run after which whoever asks one text after another has probably gone. */
const QUIET = 200;

/** Starts a run on so many threads, all if undefined. Never rejects. */
type Start = (threads: number | undefined) => Promise<void>;

export class RunQueue {
  /** Most runs side by side. */
  readonly lanes: number;
  readonly #programs: ShapedPrograms;
  readonly #waiting: Start[] = [];
  /** Called when nothing runs or waits. */
  readonly #idle: (() => void)[] = [];
  #running = 0;
  /** When the last run did, in milliseconds. */
  #endedAt = Number.NEGATIVE_INFINITY;
  #isDisposed = false;

  private constructor(programs: ShapedPrograms, lanes: number) {
    this.#programs = programs;
    this.lanes = lanes;
  }

  static async create(
    params: Parameters<typeof ShapedPrograms.create>[0],
    kind: Kind,
    shape: Shape,
    { parallelRuns, ...options }: QueueOptions,
  ): Promise<RunQueue> {
    const programs = await ShapedPrograms.create(params, kind, shape, options);
    // The other engines run one call at a time.
    const lanes = programs.engine === 'onnxruntime' ? parallelRuns : 1;
    return new RunQueue(programs, lanes);
  }

  get engine(): EngineName {
    return this.#programs.engine;
  }

  /** How many programs are loaded or being loaded. */
  get size(): number {
    return this.#programs.size;
  }

  /** @throws Error after `dispose` */
  run(kind: Kind, shape: Shape, inputs: ShapedInputs): Promise<ShapedOutputs> {
    if (this.#isDisposed) return Promise.reject(disposed());
    return new Promise((resolve, reject) => {
      this.#waiting.push((threads) =>
        this.#programs.run(kind, shape, inputs, threads).then(resolve, reject),
      );
      // After those that are asked in the same breath: whether a run is alone depends on them.
      queueMicrotask(() => this.#start());
    });
  }

  /**
   * Loads what the shapes need, as far as it will be kept, each when nothing has been asked for a while: a run would
   * wait for it. Ends early when disposed.
   */
  async load(kind: Kind, shapes: readonly Shape[]): Promise<void> {
    const hasLanes = this.lanes > 1;
    // A run that is alone is mostly one text.
    const alone = hasLanes ? shapes.filter(({ rows }) => rows === 1) : shapes;
    const wanted = [
      ...alone.map((shape) => ({ shape, threads: undefined })),
      ...(hasLanes ? shapes.map((shape) => ({ shape, threads: 1 })) : []),
    ];
    for (const { shape, threads } of wanted.slice(0, KEPT - 1)) {
      await this.#untilQuiet();
      if (this.#isDisposed) return;
      await this.#programs.load(kind, shape, threads);
    }
  }

  /** Takes no more runs, and frees everything when those that were asked have ended; again changes nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    void this.#untilIdle().then(() => this.#programs.dispose());
  }

  #start(): void {
    const isAlone = this.lanes === 1 || (this.#running === 0 && this.#waiting.length === 1);
    while (this.#running < this.lanes) {
      const start = this.#waiting.shift();
      if (!start) break;
      this.#running++;
      void start(isAlone ? undefined : 1).then(() => {
        this.#running--;
        this.#endedAt = performance.now();
        this.#start();
      });
    }
    if (this.#running === 0) for (const resume of this.#idle.splice(0)) resume();
  }

  async #untilQuiet(): Promise<void> {
    for (;;) {
      await this.#untilIdle();
      const left = this.#endedAt + QUIET - performance.now();
      if (left <= 0 || this.#isDisposed) return;
      await new Promise((resolve) => setTimeout(resolve, left));
    }
  }

  async #untilIdle(): Promise<void> {
    while (this.#running > 0 || this.#waiting.length > 0)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}

const disposed = (): Error =>
  new Error('pipelines: cannot answer: the pipeline was disposed.\nMake a new one.');
