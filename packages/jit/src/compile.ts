// compile: a function over state and inputs becomes a program that an engine runs.

import type * as tf from '@tensorflow/tfjs-core';
import { chooseEngine } from './choose-engine.js';
import type { Binding, Engine, EngineName, Precision } from './engine.js';
import {
  allocate,
  conform,
  type HostTensor,
  isDType,
  isHostTensor,
  type TensorSpec,
} from './host-tensor.js';
import type { Provider } from './onnxruntime/runtime.js';
import { checkSpec, type InputSpec, sizesIn } from './open-axes.js';
import { loadRunners, specAt } from './runners.js';
import { StateQueue } from './state-queue.js';
import { backendReady, isTensor, type Step, type StepResult } from './trace.js';
import { flatten, leavesOf, type Tree, type TreeShape, unflatten } from './tree.js';

/** First values of the state. */
export type InitialState = Tree<HostTensor | tf.Tensor>;

/** The same tree with host tensors for tensors; any tree of them when the type says no more. */
export type HostTree<T> = [Tree<tf.Tensor>] extends [T]
  ? Tree<HostTensor>
  : T extends tf.Tensor | HostTensor
    ? HostTensor
    : { readonly [K in keyof T]: HostTree<T[K]> };

export interface CompileOptions<S extends InitialState = InitialState> {
  /** Initial values; the program copies them. Read them back with `readState`. */
  readonly state: S;
  /**
   * Shape and type of every input. An axis that is named instead of numbered stays open: each call gives it a size, the
   * same one wherever the name stands. Engine `onnxruntime` makes one program for all sizes on the processor, from traces
   * at four, 2 to 97, if they differ in nothing but integers that follow from the sizes: a choice by size that comes out
   * the same at all four goes unnoticed, such as `tf.squeeze`'s at 1; what can be traced at none of them is an error.
   * Otherwise, for more than four names, and on other engines, a program for each size is made when it first comes, and
   * kept.
   */
  readonly inputs: Tree<InputSpec>;
  /** `auto` takes the fastest engine that is installed. */
  readonly engine?: EngineName | 'auto';
  /** Threads of one operation; the engine chooses when left out. */
  readonly threads?: number;
  /**
   * Threads of a run that wait for one another keep their cores busy instead of sleeping: many small operations need not
   * wake them each time. For cores that are free, and runs that somebody waits for; between runs they sleep. Only engine
   * `onnxruntime`. Default false.
   */
  readonly spinning?: boolean;
  /** Type of matrix products; default float32. `bf16` needs engine `tensorflow`. */
  readonly precision?: Precision;
  /**
   * Where engine `onnxruntime` computes; default `cpu`. On `webgpu` and `cuda` the state stays in GPU memory, and a
   * function of which a part could only run on the processor is an error.
   */
  readonly provider?: Provider;
  /**
   * The state never changes: `writeState` and functions that return other state are errors. Engine `onnxruntime` then
   * takes it as constants on the processor, which it arranges for its matrix products once for all programs.
   */
  readonly frozen?: boolean;
  /** `npm` reaches onnxruntime through its npm binding instead of its C API: slower, the state is copied. */
  readonly binding?: Binding;
  /** Folder from which the tfjs-node package is looked up; default: the working directory. */
  readonly tensorflowFrom?: string;
}

/** What may differ between programs over one state. */
export interface ProgramOptions extends Pick<CompileOptions, 'inputs'> {
  /** Threads of one operation; those of the first program when left out. Only engine `onnxruntime` tells them apart. */
  readonly threads?: number;
  /**
   * Outputs are lent instead of copied: they keep their values until `giveBack`, and are inputs of other programs of this
   * state without a copy. For large outputs that a next program takes; engine `onnxruntime` on the processor, elsewhere
   * they are copies.
   */
  readonly lendsOutputs?: boolean;
}

/** Where the time of one program went, in milliseconds; of all its sizes. */
export interface Timings {
  /** Calling the function on symbolic tensors. */
  readonly traceMs: number;
  /** Writing the graph in the engine's language. */
  readonly emitMs: number;
  /** The engine's own preparation. */
  readonly loadMs: number;
  readonly calls: number;
  /** All calls, without waiting for one another. */
  readonly callMs: number;
  /** Of that, inside the engine. */
  readonly engineMs: number;
}

/**
 * A compiled function, and the state it shares with the programs compiled from it.
 *
 * @typeParam Outputs what the function returns, `{ loss: HostTensor }` for example
 * @typeParam State the state as it is read and written
 */
export interface Program<Outputs = Tree<HostTensor>, State = Tree<HostTensor>> {
  readonly engine: EngineName;
  /** Runs that leave the state as it is which are under way at once, over all programs of a state; others wait. */
  readonly lanes: number;
  /** Open axes take all sizes; where this is false, each size is prepared when it first comes, which takes seconds. */
  readonly anySize: boolean;
  /**
   * Runs the function once and replaces the state. Calls are queued: one runs at a time. Those that
   * leave the state as it is run side by side in `lanes`; each run takes `threads` of the program.
   *
   * @param inputs typed arrays, numbers or HostTensors, in the tree given to compile
   * @returns outputs as host tensors of their own memory, in the tree the function returned
   */
  run(inputs: Tree<HostTensor | HostTensor['data'] | number | readonly number[]>): Promise<Outputs>;
  /** Ends the lending of outputs, all or some: later runs overwrite their arrays. Not while a run reads them. */
  giveBack(outputs: Tree<HostTensor>): void;
  /** Another function over the same state; nothing is copied. */
  compile<R extends StepResult>(
    step: Step<R>,
    options: ProgramOptions,
  ): Promise<Program<HostTree<R['outputs']>, State>>;
  /** A copy of the state. */
  readState(): Promise<State>;
  /** Replaces the state, for example by what `readState` gave. */
  writeState(state: State): Promise<void>;
  /** What preparing and calling this function has cost so far. */
  timings(): Timings;
  /** Frees this function, at once if nothing runs; the program that `compile` returned frees the state and all. */
  dispose(): void;
}

/**
 * Traces `step` and prepares it on an engine: at once, or where axes stay open and `anySize` is false, for each size when
 * it first comes.
 *
 * @throws Error naming the function and the op when something cannot be traced, before any work is done
 */
export async function compile<R extends StepResult, S extends InitialState>(
  step: Step<R>,
  options: CompileOptions<S>,
): Promise<Program<HostTree<R['outputs']>, HostTree<S>>> {
  checkThreads(options.threads);
  await backendReady();
  const state = flatten(options.state, isInitialValue, 'state');
  const values = await Promise.all(
    state.leaves.map((leaf, index) => hostCopy(leaf, state.paths[index])),
  );
  const engine = await chooseEngine(options.engine ?? 'auto', values, {
    threads: options.threads ?? 0,
    spinning: options.spinning ?? false,
    precision: options.precision ?? 'float32',
    provider: options.provider ?? 'cpu',
    binding: options.binding ?? 'native',
    tensorflowFrom: options.tensorflowFrom,
    frozen: options.frozen ?? false,
  });
  const shared: Shared = {
    engine,
    state: values.map(({ dtype, shape }) => ({ dtype, shape })),
    paths: state.paths,
    shape: state.shape,
    frozen: options.frozen ?? false,
    queue: new StateQueue(),
    disposed: false,
  };
  try {
    return await load<R, HostTree<S>>(step, { inputs: options.inputs }, shared, true);
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
  readonly frozen: boolean;
  readonly queue: StateQueue;
  disposed: boolean;
}

/** What work does with the state. */
type Use = 'read' | 'change';

async function load<R extends StepResult, State>(
  step: Step<R>,
  { inputs, threads, lendsOutputs }: ProgramOptions,
  shared: Shared,
  ownsState: boolean,
): Promise<Program<HostTree<R['outputs']>, State>> {
  checkThreads(threads);
  const { leaves: specs, paths, shape } = flatten(inputs, isSpec, 'inputs');
  for (const [index, spec] of specs.entries()) checkSpec(spec, paths[index]);
  const signature = {
    state: shared.state,
    statePaths: shared.paths,
    stateShape: shared.shape,
    frozen: shared.frozen,
    inputPaths: paths,
    inputShape: shape,
  };
  const declared = { step, signature, inputs: specs };
  const runners = await loadRunners(declared, shared.engine, { threads, lendsOutputs });
  const spent = { calls: 0, callMs: 0, engineMs: 0 };
  let disposed = false;

  /** Runs `work` when its turn comes. */
  const queued = <T>(use: Use, work: () => Promise<T>): Promise<T> => {
    if (disposed || shared.disposed) {
      return Promise.reject(
        new Error('jit: the program was disposed.\nCompile it again to use it.'),
      );
    }
    const { queue, engine } = shared;
    return use === 'read' && (engine.lanes ?? 1) > 1 ? queue.read(work) : queue.change(work);
  };

  return {
    engine: shared.engine.name,
    lanes: shared.engine.lanes ?? 1,
    anySize: runners.anySize,
    run: async (given) => {
      const asked = performance.now();
      const values = leavesOf(shape, given, 'inputs');
      const sizes = sizesIn(values, specs, paths);
      const leaves = values.map((value, index) =>
        conform(value, specAt(specs[index], sizes), paths[index]),
      );
      const checked = performance.now() - asked;
      const loaded = runners.get(sizes);
      const outputs = await queued(loaded?.onlyReads ? 'read' : 'change', async () => {
        const runner = loaded ?? (await runners.load(sizes));
        const begin = performance.now();
        const result = await runner.run(leaves);
        spent.calls++;
        spent.callMs += checked + performance.now() - begin;
        spent.engineMs += result.engineMs;
        return result;
      });
      // The tree is what the step returned, whose type R is.
      return unflatten(outputs.shape, outputs.leaves) as HostTree<R['outputs']>;
    },
    giveBack: (outputs) =>
      shared.engine.giveBack?.(flatten(outputs, isHostTensor, 'outputs').leaves),
    compile: <Q extends StepResult>(other: Step<Q>, options: ProgramOptions) =>
      queued('read', () => load<Q, State>(other, options, shared, false)),
    // The tree is that of the initial state.
    readState: () =>
      queued('read', async () => unflatten(shared.shape, await shared.engine.readState()) as State),
    writeState: async (tree) => {
      if (shared.frozen) {
        throw new Error(
          'jit: the state is frozen: writeState cannot replace it.\n' +
            'Compile a new program over the new values, or compile without frozen.',
        );
      }
      const leaves = leavesOf(shared.shape, tree, 'state').map((value, index) =>
        conform(value, shared.state[index], shared.paths[index]),
      );
      await queued('change', () => shared.engine.writeState(leaves));
    },
    timings: () => ({ ...runners.spent, ...spent }),
    dispose: () => {
      if (disposed) return;
      disposed = true;
      shared.disposed ||= ownsState;
      const free = (): void => {
        runners.dispose();
        if (ownsState) shared.engine.dispose();
      };
      // What is running finishes first.
      if (shared.queue.isIdle) free();
      else void shared.queue.ended.then(free);
    },
  };
}

const isInitialValue = (value: unknown): value is HostTensor | tf.Tensor =>
  isHostTensor(value) || isTensor(value);

function isSpec(value: unknown): value is InputSpec {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'shape' in value &&
    Array.isArray(value.shape) &&
    'dtype' in value &&
    typeof value.dtype === 'string'
  );
}

function checkThreads(threads = 0): void {
  if (Number.isInteger(threads) && threads >= 0) return;
  throw new RangeError(
    `jit: threads is ${threads}: expected a whole number.\nLeave it out for the engine's choice.`,
  );
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
