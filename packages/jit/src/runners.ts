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
  dispose(): void;
}

/**
 * Loads what runs inputs of any size; where the engine has no such thing, or the function does other things for other
 * sizes, each sizes are loaded when they first come.
 */
export async function loadRunners(
  declared: Declared,
  engine: Engine,
  options: LoadOptions,
): Promise<Runners> {
  const axes = axesOf(declared.inputs);
  const spent: Spent = { traceMs: 0, emitMs: 0, loadMs: 0 };
  const load = async (source: Source): Promise<Runner> => {
    const [begun, tracedBefore] = [performance.now(), spent.traceMs];
    const runner = await engine.load(source, options);
    spent.emitMs += runner.emitMs;
    spent.loadMs += performance.now() - begun - (spent.traceMs - tracedBefore) - runner.emitMs;
    return runner;
  };
  const loadAt = (sizes: Sizes): Promise<Runner> => {
    const signature = signatureAt(declared, sizes);
    return load({
      step: declared.step,
      signature,
      traced: once(() => timed(spent, () => trace(declared.step, signature))),
    });
  };
  const loadOpen = async (): Promise<Runner | undefined> => {
    try {
      return await load(openSource(declared, axes, spent));
    } catch (error) {
      if (error instanceof OpenAxesError) return undefined;
      throw error;
    }
  };
  const isFixed = axes.length === 0;
  const all = isFixed ? await loadAt(new Map()) : engine.opensAxes ? await loadOpen() : undefined;
  const runners = new Map<string, Runner>();
  const keyOf = (sizes: Sizes): string => [...sizes.values()].join();
  return {
    spent,
    anySize: all !== undefined,
    get: (sizes) => all ?? runners.get(keyOf(sizes)),
    load: async (sizes) => {
      const runner = runners.get(keyOf(sizes)) ?? (await loadAt(sizes));
      runners.set(keyOf(sizes), runner);
      return runner;
    },
    dispose: () => {
      all?.dispose();
      for (const runner of runners.values()) runner.dispose();
    },
  };
}

/** With traces for several sizes. */
function openSource(declared: Declared, axes: readonly string[], spent: Spent): Source {
  const { step, inputs } = declared;
  const traces = timed(spent, () =>
    tracesOf(axes, (sizes) => trace(step, signatureAt(declared, sizes))),
  );
  return {
    step,
    signature: signatureAt(declared, traces[0].sizes),
    traced: () => traces[0].trace,
    open: { inputs, traces },
  };
}

function signatureAt({ signature, inputs }: Declared, sizes: Sizes): Signature {
  return { ...signature, inputs: inputs.map((spec) => specAt(spec, sizes)) };
}

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

function timed<T>(spent: Spent, work: () => T): T {
  const begun = performance.now();
  const result = work();
  spent.traceMs += performance.now() - begun;
  return result;
}
