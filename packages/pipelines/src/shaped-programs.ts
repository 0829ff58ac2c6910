// A model at many shapes: one compiled program for each function, shape and number of threads, over one copy of the
// weights.
//
// Shapes: B rows, S columns, K positions a row.

import {
  type CompileOptions,
  compile,
  type EngineName,
  type HostTensor,
  type Program,
  type StepResult,
} from '@alectra/jit';
import type * as tf from '@tensorflow/tfjs-core';
import type { Params, TokenBatch, Weighted } from './model.js';

/** What a program computes; functions with the same name are the same. */
export interface Kind {
  readonly name: string;
  readonly step: (params: Params, inputs: ProgramInputs) => StepResult;
}

export interface ProgramInputs extends TokenBatch {
  /** int32 `[B, K]`; absent where no positions are chosen */
  readonly positions?: tf.Tensor2D;
}

export interface Shape {
  readonly rows: number;
  readonly columns: number;
  /** 0: the function chooses no positions. */
  readonly positions: number;
}

/** Values of the inputs, row after row. */
export interface ShapedInputs {
  readonly inputIds: Int32Array;
  readonly attentionMask: Int32Array;
  readonly tokenTypeIds: Int32Array;
  readonly positions?: Int32Array;
}

/** Outputs by name, each with B first. */
export type ShapedOutputs = Readonly<Record<string, HostTensor>>;

export type EngineOptions = Pick<CompileOptions, 'engine' | 'threads' | 'spinning'>;

interface Entry {
  readonly program: Promise<Program>;
  users: number;
}

/** Most programs that are kept, the first included, which stays; of the others the one unused for longest goes first. */
export const KEPT = 128;

export class ShapedPrograms {
  /** In order of use, oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #root: Program;
  readonly #threads: number | undefined;
  #running = 0;
  #isDisposed = false;

  private constructor(root: Program, threads: number | undefined) {
    this.#root = root;
    this.#threads = threads;
  }

  /** Compiles `kind` at `shape`; it stays, because it holds the weights. */
  static async create(
    params: Weighted['params'],
    kind: Kind,
    shape: Shape,
    options: EngineOptions,
  ): Promise<ShapedPrograms> {
    const root = await compile(kind.step, {
      ...options,
      state: params,
      frozen: true,
      inputs: specsOf(shape),
    });
    const programs = new ShapedPrograms(root, options.threads);
    programs.#entries.set(keyOf(kind, shape, undefined), {
      program: Promise.resolve(root),
      users: 1,
    });
    return programs;
  }

  get engine(): EngineName {
    return this.#root.engine;
  }

  /** How many programs are loaded or being loaded. */
  get size(): number {
    return this.#entries.size;
  }

  /** @param threads those given to `create` when undefined */
  run(
    kind: Kind,
    shape: Shape,
    inputs: ShapedInputs,
    threads: number | undefined,
  ): Promise<ShapedOutputs> {
    // A step returns its outputs as a record, which is what comes back.
    const work = (program: Program) => program.run({ ...inputs }) as Promise<ShapedOutputs>;
    return this.#with(kind, shape, threads, work);
  }

  /** Compiles a program before it is needed. */
  load(kind: Kind, shape: Shape, threads: number | undefined): Promise<void> {
    return this.#with(kind, shape, threads, async () => {});
  }

  async #with<T>(
    kind: Kind,
    shape: Shape,
    threads: number | undefined,
    work: (program: Program) => Promise<T>,
  ): Promise<T> {
    const entry = this.#use(kind, shape, threads);
    this.#running++;
    try {
      return await work(await entry.program);
    } finally {
      entry.users--;
      this.#running--;
      if (this.#isDisposed) this.#freeIfIdle();
      else this.#evict();
    }
  }

  /** Frees everything when what is under way has ended; nothing may be asked afterwards. */
  dispose(): void {
    this.#isDisposed = true;
    this.#freeIfIdle();
  }

  #freeIfIdle(): void {
    if (this.#running > 0) return;
    for (const { program } of this.#entries.values()) {
      void program.then((loaded) => loaded !== this.#root && loaded.dispose()).catch(() => {});
    }
    this.#entries.clear();
    this.#root.dispose();
  }

  #use(kind: Kind, shape: Shape, given: number | undefined): Entry {
    const threads = given === this.#threads ? undefined : given;
    const key = keyOf(kind, shape, threads);
    let entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
    } else {
      const program = this.#root.compile(kind.step, { inputs: specsOf(shape), threads });
      entry = { program, users: 0 };
      // A failure is not kept: it may have been a lack of memory.
      program.catch(() => this.#entries.delete(key));
    }
    this.#entries.set(key, entry);
    entry.users++;
    return entry;
  }

  #evict(): void {
    for (const [key, { program, users }] of this.#entries) {
      if (this.#entries.size <= KEPT) return;
      if (users > 0) continue;
      this.#entries.delete(key);
      void program.then((loaded) => loaded.dispose()).catch(() => {});
    }
  }
}

const keyOf = (
  { name }: Kind,
  { rows, columns, positions }: Shape,
  threads: number | undefined,
): string => `${name} ${rows} ${columns} ${positions} ${threads ?? 'all'}`;

function specsOf({ rows, columns, positions }: Shape): CompileOptions['inputs'] {
  const tokens = { dtype: 'int32', shape: [rows, columns] } as const;
  const chosen = { dtype: 'int32', shape: [rows, positions] } as const;
  return {
    inputIds: tokens,
    attentionMask: tokens,
    tokenTypeIds: tokens,
    ...(positions > 0 && { positions: chosen }),
  };
}
