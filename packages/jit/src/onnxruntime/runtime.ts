// What the engine needs of ONNX Runtime; met by its C API (no copies) and by its npm binding.

import type { HostTensor } from '../host-tensor.js';

export interface Runtime {
  /** Memory that sessions read and write in place; `dispose` with `release`. */
  tensor(spec: Pick<HostTensor, 'dtype' | 'shape'>): BoundTensor;
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
}

export interface Session {
  /** Reads `inputs` and writes `outputs`, in the order of the names; the event loop stays free. */
  run(inputs: readonly BoundTensor[], outputs: readonly BoundTensor[]): Promise<void>;
  dispose(): void;
}
