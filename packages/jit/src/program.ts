// What `compile` takes and gives.

import type * as tf from '@tensorflow/tfjs-core';
import type { Binding, EngineName, Precision } from './engine.js';
import type { HostTensor } from './host-tensor.js';
import type { Provider } from './onnxruntime/runtime.js';
import type { InputSpec } from './open-axes.js';
import type { Step, StepResult } from './trace.js';
import type { Tree } from './tree.js';

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
  /**
   * Many runs over the state as it is; what changes it waits until `work` has ended. Engine `onnxruntime` takes the state
   * as constants meanwhile, as with `frozen`: on the processor that costs some 0.1 s (for each size where `anySize` is
   * false) and the memory of the matrices, and runs take less time, so it pays from some seconds on.
   *
   * @param work `run` is this program's, and ends with it; it must await its runs, and no other call of the programs of
   * this state, which may wait for a change that waits for `work`
   * @throws TypeError where the function changes the state
   */
  whileFrozen<T>(work: (run: Program<Outputs>['run']) => Promise<T>): Promise<T>;
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
