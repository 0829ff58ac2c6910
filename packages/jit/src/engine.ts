// What an engine owes to `compile`. One folder per engine; each may be missing on a machine.

import type { HostTensor } from './host-tensor.js';
import type { Provider } from './onnxruntime/runtime.js';
import type { InputSpec, Sized } from './open-axes.js';
import type { Signature, Step, Traced } from './trace.js';
import type { TreeShape } from './tree.js';

export type EngineName = 'onnxruntime' | 'tensorflow' | 'eager';

/** One function, as engines take it: to trace (`graph`) or to call (`step`). */
export interface Source {
  readonly step: Step;
  readonly signature: Signature;
  /** Traces on first use. */
  readonly traced: () => Traced;
  /** Where axes of inputs stay open; the signature and `traced` are then those of the first of the traces. */
  readonly open?: OpenSource;
}

export interface OpenSource {
  /** As declared, one for each of the signature's. */
  readonly inputs: readonly InputSpec[];
  /** For several sizes. */
  readonly traces: readonly Sized<Traced>[];
}

/** Holds the state; runs any number of functions over it, one call at a time unless it says which may overlap. */
export interface Engine {
  readonly name: EngineName;
  /** Runs that leave the state as it is, of one program too, of which so many are under way at once; 1 when left out. */
  readonly lanes?: number;
  /** Takes sources with open axes: one runner for inputs of any size. */
  readonly opensAxes?: boolean;
  /** Does otherwise when it knows that the state stays as it is (`LoadOptions.frozen`). */
  readonly freezes?: boolean;
  /** @throws OpenAxesError where open axes decide more than sizes */
  load(source: Source, options?: LoadOptions): Promise<Runner>;
  /** Takes outputs that were lent; what was not is left alone. */
  giveBack?(outputs: readonly HostTensor[]): void;
  /** Copies of the state leaves. */
  readState(): Promise<HostTensor[]>;
  writeState(values: readonly HostTensor[]): Promise<void>;
  dispose(): void;
}

export interface LoadOptions {
  /** Of one operation; those of the engine when left out, or where an engine has them once for all. */
  readonly threads?: number | undefined;
  /** Outputs may be memory of the engine, until they are given back. */
  readonly lendsOutputs?: boolean | undefined;
  /** The state stays as it is for as long as the runner is used. */
  readonly frozen?: boolean | undefined;
}

export interface Runner {
  /** Milliseconds it took to write the graph in the engine's language; 0 where nothing is written. */
  readonly emitMs: number;
  /** State leaves that a run replaces, by index; left out where that is not known before. */
  readonly changes?: readonly number[];
  run(inputs: readonly HostTensor[]): Promise<Outputs>;
  dispose(): void;
}

export interface Outputs {
  readonly leaves: readonly HostTensor[];
  readonly shape: TreeShape;
  /** Milliseconds inside the engine. */
  readonly engineMs: number;
}

export interface EngineOptions {
  /** Threads of one operation; 0 leaves the choice to the engine. */
  readonly threads: number;
  /** Threads wait actively while a run is under way; engine `onnxruntime`. */
  readonly spinning?: boolean;
  /** Type of matrix products; `bf16` needs the tensorflow engine. */
  readonly precision?: Precision;
  /** Where onnxruntime computes; default cpu. */
  readonly provider?: Provider;
  /** How onnxruntime is reached on the processor: by its C API, or by its npm binding, which copies the state. */
  readonly binding?: Binding;
  /** The state never changes; nothing is asked to write it. */
  readonly frozen?: boolean;
  /** Folder from which tfjs-node is looked up; default: the working directory. */
  readonly tensorflowFrom?: string;
}

export type Binding = 'native' | 'npm';

/** `bf16` multiplies in bfloat16 and adds up in float32; weights stay float32. */
export type Precision = 'float32' | 'bf16';
