// Layer normalisation over the last axis (Ba et al. 2016, https://arxiv.org/abs/1607.06450).
//
// Kernels: `LayerNorm` {x, gamma, beta} attrs {epsilon} → [y (as x), mean [..., 1], invStd [..., 1]];
// `LayerNormGrad` {x, gamma, mean, invStd, dy} → [dx, dgamma, dbeta]. Variance is the biased one.
//
// Shapes: N rows (all axes but the last), H the last axis.

import * as tf from '@tensorflow/tfjs-core';
import { type FusedKernel, hostTensor, hostValues, runFused } from './fused-kernel.js';
import { type Params, parameter } from './params.js';

/**
 * Normalises the last axis with `${name}.weight` and `${name}.bias`, both `[H]`; the caller disposes the result.
 *
 * @throws RangeError for an `x` of another width
 */
export function layerNorm<T extends tf.Tensor>(
  params: Params,
  name: string,
  x: T,
  epsilon: number,
): T {
  const gamma = parameter(params, `${name}.weight`);
  const beta = parameter(params, `${name}.bias`);
  if (x.shape.at(-1) !== gamma.size || gamma.size !== beta.size) {
    throw new RangeError(
      `nn: cannot apply '${name}': found an input of [${x.shape.join(', ')}], weight of ${gamma.size} and bias of ` +
        `${beta.size} values, expected the last axis to be as wide as both.\n` +
        'Check that the config belongs to the parameters.',
    );
  }
  const [y, mean, invStd] = runFused<tf.Tensor[]>('LayerNorm', { x, gamma, beta }, { epsilon });
  mean.dispose();
  invStd.dispose();
  return y as T; // the kernel keeps x's shape
}

export const layerNormGradient: tf.GradConfig = {
  kernelName: 'LayerNorm',
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, [x, gamma, mean, invStd]) => {
    // Multi-output kernels get the gradients of all outputs; only y's is ever used.
    const dy = (dys as tf.Tensor[])[0];
    const grads = runFused<tf.Tensor[]>('LayerNormGrad', { x, gamma, mean, invStd, dy });
    return { x: () => grads[0], gamma: () => grads[1], beta: () => grads[2] };
  },
};

export const layerNormKernel: FusedKernel = {
  name: 'LayerNorm',
  host: ({ inputs, attrs, backend }) => {
    const x = hostValues(backend, inputs.x);
    const gamma = hostValues(backend, inputs.gamma);
    const beta = hostValues(backend, inputs.beta);
    const H = gamma.length;
    const N = x.length / H;
    const y = new Float32Array(x.length);
    const means = new Float32Array(N);
    const invStds = new Float32Array(N);
    for (let n = 0; n < N; n++) {
      const start = n * H;
      let sum = 0;
      for (let h = 0; h < H; h++) sum += x[start + h];
      const mean = sum / H;
      let squares = 0;
      for (let h = 0; h < H; h++) squares += (x[start + h] - mean) ** 2;
      const invStd = 1 / Math.sqrt(squares / H + (attrs.epsilon as number));
      for (let h = 0; h < H; h++)
        y[start + h] = (x[start + h] - mean) * invStd * gamma[h] + beta[h];
      means[n] = mean;
      invStds[n] = invStd;
    }
    const rows = [...inputs.x.shape.slice(0, -1), 1];
    return [
      hostTensor(backend, y, inputs.x.shape),
      hostTensor(backend, means, rows),
      hostTensor(backend, invStds, rows),
    ];
  },
  composed: ({ inputs, attrs }) =>
    tf.tidy(() => {
      const x = inputs.x;
      const mean = tf.mean(x, -1, true);
      const centred = tf.sub(x, mean);
      const variance = tf.mean(tf.square(centred), -1, true);
      const invStd = tf.rsqrt(tf.add(variance, attrs.epsilon as number));
      const normal = tf.mul(centred, invStd);
      const y = tf.add(tf.mul(normal, inputs.gamma), inputs.beta);
      return [y, mean, invStd];
    }),
};

export const layerNormGradKernel: FusedKernel = {
  name: 'LayerNormGrad',
  host: ({ inputs, backend }) => {
    const x = hostValues(backend, inputs.x);
    const gamma = hostValues(backend, inputs.gamma);
    const means = hostValues(backend, inputs.mean);
    const invStds = hostValues(backend, inputs.invStd);
    const dy = hostValues(backend, inputs.dy);
    const H = gamma.length;
    const dx = new Float32Array(x.length);
    const dgamma = new Float64Array(H);
    const dbeta = new Float64Array(H);
    for (let n = 0; n < means.length; n++) {
      const start = n * H;
      const mean = means[n];
      const invStd = invStds[n];
      let sum = 0;
      let dot = 0;
      for (let h = 0; h < H; h++) {
        const normal = (x[start + h] - mean) * invStd;
        const d = dy[start + h] * gamma[h];
        sum += d;
        dot += d * normal;
        dgamma[h] += dy[start + h] * normal;
        dbeta[h] += dy[start + h];
      }
      sum /= H;
      dot /= H;
      for (let h = 0; h < H; h++) {
        const normal = (x[start + h] - mean) * invStd;
        dx[start + h] = invStd * (dy[start + h] * gamma[h] - sum - normal * dot);
      }
    }
    return [
      hostTensor(backend, dx, inputs.x.shape),
      hostTensor(backend, Float32Array.from(dgamma), [H]),
      hostTensor(backend, Float32Array.from(dbeta), [H]),
    ];
  },
  composed: ({ inputs }) =>
    tf.tidy(() => {
      const dy = inputs.dy;
      const invStd = inputs.invStd;
      const normal = tf.mul(tf.sub(inputs.x, inputs.mean), invStd);
      const d = tf.mul(dy, inputs.gamma);
      const sum = tf.mean(d, -1, true);
      const dot = tf.mean(tf.mul(d, normal), -1, true);
      const dx = tf.mul(invStd, tf.sub(tf.sub(d, sum), tf.mul(normal, dot)));
      const rows = inputs.x.shape.slice(0, -1).map((_, axis) => axis);
      return [dx, tf.sum(tf.mul(dy, normal), rows), tf.sum(dy, rows)];
    }),
};
