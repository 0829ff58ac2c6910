// Softmax over the last axis, with its gradient as one kernel.
//
// Forward is TensorFlow.js' own `Softmax`. Kernel: `SoftmaxGrad` {y, dy} → dx = y * (dy - sum(y * dy)).
// The gradient is attached here, not to `Softmax` itself, so that other users of the kernel see no change.

import * as tf from '@tensorflow/tfjs-core';
import { type FusedKernel, hostTensor, hostValues, runFused } from './fused-kernel.js';

/** Softmax of the last axis; the caller disposes. */
export function softmax<T extends tf.Tensor>(x: T): T {
  const attached = tf.customGrad((...args) => {
    // customGrad passes the tensors it was called with, then the function that saves for the gradient.
    const [logits, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const value = tf.softmax(logits, -1);
    save([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => runFused('SoftmaxGrad', { y: saved[0], dy }),
    };
  });
  return attached(x) as T;
}

export const softmaxGradKernel: FusedKernel = {
  name: 'SoftmaxGrad',
  host: ({ inputs, backend }) => {
    const y = hostValues(backend, inputs.y);
    const dy = hostValues(backend, inputs.dy);
    const dx = new Float32Array(y.length);
    const H = inputs.y.shape[inputs.y.shape.length - 1];
    for (let start = 0; start < y.length; start += H) {
      let dot = 0;
      for (let i = start; i < start + H; i++) dot += y[i] * dy[i];
      for (let i = start; i < start + H; i++) dx[i] = y[i] * (dy[i] - dot);
    }
    return hostTensor(backend, dx, inputs.y.shape);
  },
  composed: ({ inputs }) =>
    tf.tidy(() => {
      const y = inputs.y;
      const dy = inputs.dy;
      return tf.mul(y, tf.sub(dy, tf.sum(tf.mul(y, dy), -1, true)));
    }),
};
