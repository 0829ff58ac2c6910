// What the engine needs of ONNX Runtime; met by its C API (no copies) and by its npm binding.

import type { HostTensor, TensorSpec } from '../host-tensor.js';

export interface Runtime {
  /** Runs that may be under way at once. */
  readonly lanes: number;
  /** Memory that sessions read and write in place; `dispose` with `release`. */
  tensor(spec: TensorSpec): BoundTensor;
  /** @param model ONNX bytes */
  session(model: Uint8Array, options: SessionOptions): Promise<Session>;
}

export interface BoundTensor extends HostTensor {
  release(): void;
}

export interface SessionOptions {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** 0: as many as there are cores. */
  readonly threads: number;
  /** Threads wait actively within a run, never between runs. */
  readonly spinning?: boolean;
  /** Constants of the model that have no values in it; they outlive the session. Only the C API takes them. */
  readonly constants?: readonly Constant[];
  /** Released soon: the next session can have the memory that loading frees, which need not go back to the system. */
  readonly isBrief?: boolean;
}

export interface Constant {
  readonly name: string;
  readonly tensor: BoundTensor;
}

export interface Session {
  /** Reads `inputs` and writes `outputs`, in the order of the names; the event loop stays free. */
  run(inputs: readonly BoundTensor[], outputs: readonly BoundTensor[]): Promise<void>;
  dispose(): void;
}

/** Where ONNX Runtime computes: on the processor, or on a GPU through one of its execution providers. */
export type Provider = 'cpu' | 'webgpu' | 'cuda';
export type DeviceProvider = Exclude<Provider, 'cpu'>;

/** A tensor in the memory of a GPU. */
export interface DeviceTensor extends TensorSpec {
  release(): void;
}

/** ONNX Runtime on a GPU: state stays there, inputs and outputs come from and go to host memory. */
export interface DeviceRuntime {
  tensor(spec: TensorSpec): BoundTensor;
  session(model: Uint8Array, options: SessionOptions): Promise<DeviceSession>;
}

export interface DeviceSession {
  /**
   * The first results stay on the device, one for each of `stay`; the others are written to `outputs`.
   *
   * @returns new tensors, which the caller releases
   */
  run(
    inputs: readonly (BoundTensor | DeviceTensor)[],
    stay: readonly TensorSpec[],
    outputs: readonly BoundTensor[],
  ): Promise<DeviceTensor[]>;
  /** Frees the session; tensors it made must have been released before. */
  dispose(): void;
}
