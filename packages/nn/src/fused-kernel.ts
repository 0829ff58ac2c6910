// Kernels of our own: named operations with attributes, run by whichever backend has them.
//
// A kernel has up to two implementations: `host` computes on typed arrays (backends whose data is host memory, and
// kernels that have no TensorFlow.js formulation), `composed` is made of TensorFlow.js operations and so runs
// wherever those run. A tracing backend brings its own: name, inputs, attributes and outputs are the contract.

import * as tf from '@tensorflow/tfjs-core';

/** What a kernel is called with. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly attrs: Readonly<tf.NamedAttrMap>;
  readonly backend: tf.KernelBackend;
}

/** One kernel's name and implementations. */
export interface FusedKernel {
  readonly name: string;
  readonly host: (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[];
  readonly composed?: (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[];
}

/** The implementation as the engine calls it, which passes tensors and its backend under looser types. */
export function kernelFunc(implementation: FusedKernel['host']): tf.KernelFunc {
  return ({ inputs, attrs, backend }) =>
    implementation({
      inputs: inputs as Record<string, tf.Tensor>,
      attrs: attrs ?? {},
      backend: backend as tf.KernelBackend,
    });
}

/**
 * Runs a kernel of this package on the current backend, on the tape.
 *
 * @throws Error when the backend has no such kernel
 */
export function runFused<T extends tf.Tensor | tf.Tensor[]>(
  name: string,
  inputs: tf.NamedTensorMap,
  attrs: tf.NamedAttrMap = {},
): T {
  const backend = tf.getBackend();
  if (!tf.getKernel(name, backend)) {
    throw new Error(
      `nn: cannot run ${name}: backend '${backend}' has no such kernel.\n` +
        `Call registerKernels('${backend}') of @alectra/nn once, before the first call.`,
    );
  }
  return tf.engine().runKernel<T>(name, inputs, attrs);
}

/** The values of a kernel's input; float32 and int32 only. */
export function hostValues<T extends Float32Array | Int32Array = Float32Array>(
  backend: tf.KernelBackend,
  input: tf.TensorInfo,
): T {
  return backend.readSync(input.dataId) as T; // a typed array for numeric dtypes
}

/** A kernel's output from host values. */
export function hostTensor(
  backend: tf.KernelBackend,
  values: Float32Array | Int32Array,
  shape: readonly number[],
  dtype: 'float32' | 'int32' = 'float32',
): tf.TensorInfo {
  const dims = [...shape];
  return { dataId: backend.write(values, dims, dtype), shape: dims, dtype };
}
