// Kernels that gradients need and some TensorFlow.js backends lack, computed on the host.
//
// The wasm backend runs forward passes only: the gradients of gather, conv2d and einsum end in kernels it has not.

import * as tf from '@tensorflow/tfjs-core';

type Call = Parameters<tf.KernelFunc>[0];

/** Kernels that are taken from the cpu backend of TensorFlow.js. */
const BORROWED = ['Conv2DBackpropFilter', 'Einsum'] as const;

/**
 * Gives a backend the kernels it lacks for training; those it has stay. Tensors are read to the host and written back, so
 * the backend must be able to read synchronously (wasm, webgl; not webgpu). Calling it again changes nothing.
 *
 * @param backendName default: the active backend
 * @returns names of the kernels that were added
 */
export function registerTrainingKernels(backendName: string = tf.getBackend()): string[] {
  const added: string[] = [];
  const register = (kernelName: string, kernelFunc: tf.KernelFunc): void => {
    if (tf.getKernel(kernelName, backendName)) return;
    tf.registerKernel({ kernelName, backendName, kernelFunc });
    added.push(kernelName);
  };
  register('UnsortedSegmentSum', segmentSum);
  for (const name of BORROWED) if (tf.getKernel(name, 'cpu')) register(name, onCpu(name));
  return added;
}

/** Rows of x `[N, …]` added up by id: `[numSegments, …]`. Rows with a negative id are left out. */
function segmentSum({ inputs, attrs, backend }: Call): tf.TensorInfo {
  const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', tf.TensorInfo>;
  const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs; // the kernel's name fixes their type
  const host = backend as tf.KernelBackend;
  const rows = host.readSync(x.dataId) as Float32Array | Int32Array;
  const ids = host.readSync(segmentIds.dataId) as Int32Array;
  const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
  const width = tf.util.sizeFromShape(shape.slice(1));
  const size = numSegments * width;
  const sum = x.dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
  for (let row = 0; row < ids.length; row++) {
    if (ids[row] < 0) continue;
    const [from, to] = [row * width, ids[row] * width];
    for (let at = 0; at < width; at++) sum[to + at] += rows[from + at];
  }
  return { dataId: host.write(sum, shape, x.dtype), shape, dtype: x.dtype };
}

/** A kernel that runs on the cpu backend, between copies. */
function onCpu(kernelName: string): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const [from, cpu] = [backend as tf.KernelBackend, tf.findBackend('cpu') as tf.KernelBackend];
    const kernel = tf.getKernel(kernelName, 'cpu');
    const move = (
      { dataId, shape, dtype }: tf.TensorInfo,
      source: tf.KernelBackend,
      target: tf.KernelBackend,
    ): tf.TensorInfo => ({
      dataId: target.write(source.readSync(dataId), shape, dtype),
      shape,
      dtype,
    });
    const names = Object.keys(inputs);
    const copies = names.map((name) => move(inputs[name] as tf.TensorInfo, from, cpu));
    const result = kernel.kernelFunc({
      // Einsum takes a list, which TensorFlow.js types as a record.
      inputs: Array.isArray(inputs)
        ? (copies as unknown as tf.NamedTensorInfoMap)
        : Object.fromEntries(names.map((name, at) => [name, copies[at]])),
      attrs,
      backend: cpu,
    }) as tf.TensorInfo;
    const moved = move(result, cpu, from);
    for (const { dataId } of [...copies, result]) cpu.disposeData(dataId);
    return moved;
  };
}
