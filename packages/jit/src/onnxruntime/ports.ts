// Memory for what runs read and write beside the state.

import type { TensorSpec } from '../host-tensor.js';
import type { BoundTensor, Runtime } from './runtime.js';

/** Tensors of one input or one output. */
export interface Ports {
  take(spec: TensorSpec): BoundTensor;
  giveBack(tensor: BoundTensor): void;
  /** Frees all: those that somebody has, as they come back. */
  release(): void;
}

/**
 * As many tensors as runs are under way at once.
 *
 * @param isOpen sizes differ from run to run: their tensors are freed as they come back
 */
export function ports(runtime: Runtime, isOpen: boolean): Ports {
  const idle: BoundTensor[] = [];
  let isKept = !isOpen;
  return {
    take: (spec) => idle.pop() ?? runtime.tensor(spec),
    giveBack: (tensor) => {
      if (isKept) idle.push(tensor);
      else tensor.release();
    },
    release: () => {
      isKept = false;
      for (const tensor of idle.splice(0)) tensor.release();
    },
  };
}
