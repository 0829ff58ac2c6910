// What an engine runs for one function: one runner, or one for each sizes of its open axes.

import type { Engine, LoadOptions, Runner, Source } from './engine.js';
import type { TensorSpec } from './host-tensor.js';
import {
  axesOf,
  type InputSpec,
  OpenAxesError,
  type Sizes,
  shapeAt,
  tracesOf,
} from './open-axes.js';
import { type Signature, type Step, trace } from './trace.js';

/** A function, and the inputs it was declared with. */
export interface Declared {
  readonly step: Step;
  /** Everything but the sizes of inputs. */
  readonly signature: Omit<Signature, 'inputs'>;
  readonly inputs: readonly InputSpec[];
}

/** Milliseconds; see Timings of `compile`. */
export interface Spent {
  traceMs: number;
  emitMs: number;
  loadMs: number;
}

export interface Runners {
  readonly spent: Readonly<Spent>;
  /** One runner for inputs of all sizes. */
  readonly anySize: boolean;
  /** The runner for inputs of these sizes, if it was loaded. */
  get(sizes: Sizes): Runner | undefined;
  /** Loads what `get` has not. */
  load(sizes: Sizes): Promise<Runner>;
  /** For runs while the state stays as it is. The caller disposes them. */
  frozen(): Promise<Runners>;
  dispose(): void;
}

/**
 * Loads what runs inputs of any size; where the engine has no such thing, or the function does other things for other
 * sizes, each sizes are loaded when they first come.
 */
export function loadRunners(
  declared: Declared,
  engine: Engine,
  options: LoadOptions,
): Promise<Runners> {
  return load(new Sources(declared), engine, options);
}

async function load(sources: Sources, engine: Engine, options: LoadOptions): Promise<Runners> {
  const spent: Spent = { traceMs: 0, emitMs: 0, loadMs: 0 };
  const loadFrom = async (take: () => Source): Promise<Runner> => {
    const [begun, tracedBefore] = [performance.now(), sources.traceMs];
    const runner = await engine.load(take(), options);
    const traceMs = sources.traceMs - tracedBefore;
    spent.traceMs += traceMs;
    spent.emitMs += runner.emitMs;
    spent.loadMs += performance.now() - begun - traceMs - runner.emitMs;
    return runner;
  };
  const loadAll = async (): Promise<Runner | undefined> => {
    if (sources.axes.length === 0) return loadFrom(() => sources.at(new Map()));
    if (!engine.opensAxes || sources.mustClose) return undefined;
    try {
      return await loadFrom(() => sources.open());
    } catch (error) {
      if (!(error instanceof OpenAxesError)) throw error;
      sources.mustClose = true;
      return undefined;
    }
  };
  const all = await loadAll();
  const runners = new Map<string, Runner>();
  const found: Runners = {
    spent,
    anySize: all !== undefined,
    get: (sizes) => all ?? runners.get(keyOf(sizes)),
    load: async (sizes) => {
      const runner = runners.get(keyOf(sizes)) ?? (await loadFrom(() => sources.at(sizes)));
      runners.set(keyOf(sizes), runner);
      return runner;
    },
    frozen: async () => {
      if (engine.freezes) return load(sources, engine, { ...options, frozen: true });
      return { ...found, spent: { traceMs: 0, emitMs: 0, loadMs: 0 }, dispose: () => {} };
    },
    dispose: () => {
      all?.dispose();
      for (const runner of runners.values()) runner.dispose();
    },
  };
  return found;
}

/** What is loaded of one function; traced once for each sizes, however often that is. */
class Sources {
  readonly axes: readonly string[];
  /** Whether an engine has found that the axes cannot stay open. */
  mustClose = false;
  /** Milliseconds that tracing took so far. */
  traceMs = 0;
  readonly #declared: Declared;
  readonly #found = new Map<string, Source>();
  #open: Source | undefined;

  constructor(declared: Declared) {
    this.#declared = declared;
    this.axes = axesOf(declared.inputs);
  }

  at(sizes: Sizes): Source {
    const { step } = this.#declared;
    const signature = this.#signatureAt(sizes);
    const found = this.#found.get(keyOf(sizes)) ?? {
      step,
      signature,
      traced: once(() => this.#timed(() => trace(step, signature))),
    };
    this.#found.set(keyOf(sizes), found);
    return found;
  }

  /** With traces for several sizes. */
  open(): Source {
    this.#open ??= this.#traceOpen();
    return this.#open;
  }

  #traceOpen(): Source {
    const { step, inputs } = this.#declared;
    const traces = this.#timed(() =>
      tracesOf(this.axes, (sizes) => trace(step, this.#signatureAt(sizes))),
    );
    return {
      step,
      signature: this.#signatureAt(traces[0].sizes),
      traced: () => traces[0].trace,
      open: { inputs, traces },
    };
  }

  #signatureAt(sizes: Sizes): Signature {
    const { signature, inputs } = this.#declared;
    return { ...signature, inputs: inputs.map((spec) => specAt(spec, sizes)) };
  }

  #timed<T>(work: () => T): T {
    const begun = performance.now();
    const result = work();
    this.traceMs += performance.now() - begun;
    return result;
  }
}

const keyOf = (sizes: Sizes): string => [...sizes.values()].join();

/** An input where the axes have these sizes. */
export const specAt = ({ dtype, shape }: InputSpec, sizes: Sizes): TensorSpec => ({
  dtype,
  shape: shapeAt(shape, sizes),
});

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
