// compile: a function over state and inputs becomes a program that an engine runs.

import type * as tf from '@tensorflow/tfjs-core';
import { chooseEngine } from './choose-engine.js';
import type { Engine, EngineName, Precision, Runner, Source } from './engine.js';
import {
  allocate,
  conform,
  type HostTensor,
  isDType,
  isHostTensor,
  type TensorSpec,
} from './host-tensor.js';
import { backendReady, isTensor, type Signature, type Step, type Traced, trace } from './trace.js';
import { flatten, leavesOf, type Tree, type TreeShape, unflatten } from './tree.js';

export interface CompileOptions {
  /** Initial values; the program copies them. Read them back with `readState`. */
  readonly state: Tree<HostTensor | tf.Tensor>;
  /** Shape and type of every input. */
  readonly inputs: Tree<TensorSpec>;
  /** `auto` takes the fastest engine that is installed. */
  readonly engine?: EngineName | 'auto';
  /** Threads of one operation; the engine chooses when left out. */
  readonly threads?: number;
  /** Type of matrix products; default float32. `bf16` needs engine `tensorflow`. */
  readonly precision?: Precision;
  /** Folder from which the tfjs-node package is looked up; default: the working directory. */
  readonly tensorflowFrom?: string;
}

/** A compiled function, and the state it shares with the programs compiled from it. */
export interface Program {
  readonly engine: EngineName;
  /**
   * Runs the function once and replaces the state. Calls are queued: one runs at a time.
   *
   * @param inputs typed arrays, numbers or HostTensors, in the tree given to compile
   * @returns outputs as host tensors of their own memory, in the tree the function returned
   */
  run(
    inputs: Tree<HostTensor | HostTensor['data'] | number | readonly number[]>,
  ): Promise<Tree<HostTensor>>;
  /** Another function over the same state; nothing is copied. */
  compile(step: Step, options: { readonly inputs: Tree<TensorSpec> }): Promise<Program>;
  /** A copy of the state. */
  readState(): Promise<Tree<HostTensor>>;
  /** Replaces the state, for example by what `readState` gave. */
  writeState(state: Tree<HostTensor>): Promise<void>;
  /** Frees this function; disposing the program that `compile` returned frees state and all. */
  dispose(): void;
}

/**
 * Traces `step` once for fixed shapes and prepares it on an engine.
 *
 * @throws Error naming the function and the op when something cannot be traced, before any work is done
 */
export async function compile(step: Step, options: CompileOptions): Promise<Program> {
  await backendReady();
  const state = flatten(options.state, isInitialValue, 'state');
  const values = await Promise.all(
    state.leaves.map((leaf, index) => hostCopy(leaf, state.paths[index])),
  );
  const engine = await chooseEngine(options.engine ?? 'auto', values, {
    threads: options.threads ?? 0,
    precision: options.precision ?? 'float32',
    tensorflowFrom: options.tensorflowFrom,
  });
  const shared: Shared = {
    engine,
    state: values.map(({ dtype, shape }) => ({ dtype, shape })),
    paths: state.paths,
    shape: state.shape,
    queue: Promise.resolve(),
    disposed: false,
  };
  try {
    return await load(step, options.inputs, shared, true);
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** What programs over one state have in common. */
interface Shared {
  readonly engine: Engine;
  readonly state: readonly TensorSpec[];
  readonly paths: readonly string[];
  readonly shape: TreeShape;
  /** Settles when the engine is free. */
  queue: Promise<unknown>;
  disposed: boolean;
}

async function load(
  step: Step,
  inputs: Tree<TensorSpec>,
  shared: Shared,
  ownsState: boolean,
): Promise<Program> {
  const source = sourceOf(step, inputs, shared);
  const runner: Runner = await shared.engine.load(source);
  const { inputs: specs, inputPaths, inputShape } = source.signature;
  let disposed = false;

  /** Runs `work` when the engine is free. */
  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    if (disposed || shared.disposed) {
      return Promise.reject(
        new Error('jit: the program was disposed.\nCompile it again to use it.'),
      );
    }
    const result = shared.queue.then(work);
    shared.queue = result.catch(() => undefined);
    return result;
  };

  return {
    engine: shared.engine.name,
    run: async (given) => {
      const leaves = leavesOf(inputShape, given, 'inputs').map((value, index) =>
        conform(value, specs[index], inputPaths[index]),
      );
      const outputs = await queued(() => runner.run(leaves));
      return unflatten(outputs.shape, outputs.leaves);
    },
    compile: (other, options) => queued(() => load(other, options.inputs, shared, false)),
    readState: () => queued(async () => unflatten(shared.shape, await shared.engine.readState())),
    writeState: async (tree) => {
      const leaves = leavesOf(shared.shape, tree, 'state').map((value, index) =>
        conform(value, shared.state[index], shared.paths[index]),
      );
      await queued(() => shared.engine.writeState(leaves));
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      // What is running finishes first.
      void shared.queue.then(() => runner.dispose());
      if (!ownsState) return;
      shared.disposed = true;
      void shared.queue.then(() => shared.engine.dispose());
    },
  };
}

function sourceOf(step: Step, tree: Tree<TensorSpec>, shared: Shared): Source {
  const inputs = flatten(tree, isSpec, 'inputs');
  const signature: Signature = {
    state: shared.state,
    statePaths: shared.paths,
    stateShape: shared.shape,
    inputs: inputs.leaves.map(({ dtype, shape }) => ({ dtype, shape })),
    inputPaths: inputs.paths,
    inputShape: inputs.shape,
  };
  let traced: Traced | undefined;
  return {
    step,
    signature,
    traced: () => {
      traced ??= trace(step, signature);
      return traced;
    },
  };
}

const isInitialValue = (value: unknown): value is HostTensor | tf.Tensor =>
  isHostTensor(value) || isTensor(value);

function isSpec(value: unknown): value is TensorSpec {
  if (typeof value !== 'object' || value === null) return false;
  return 'shape' in value && Array.isArray(value.shape) && 'dtype' in value && isDType(value.dtype);
}

async function hostCopy(leaf: HostTensor | tf.Tensor, path: string): Promise<HostTensor> {
  if (!isDType(leaf.dtype)) {
    throw new TypeError(
      `jit: "${path}" is ${leaf.dtype}: expected float32, int32 or bool.\nConvert it before compile.`,
    );
  }
  const { dtype, shape } = leaf;
  const given = isTensor(leaf) ? { dtype, shape, data: await leaf.data() } : leaf;
  const checked = conform(given, { dtype, shape }, path);
  const data = allocate(dtype, checked.data.length);
  data.set(checked.data);
  return { dtype, shape: [...shape], data };
}
