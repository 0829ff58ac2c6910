// GELU (Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415): x times the normal distribution function.
//
// Kernels: `Gelu` {x} attrs {approximate: 'none' | 'tanh'} → y; `GeluGrad` {x, dy}, same attrs → dx.

import * as tf from '@tensorflow/tfjs-core';
import { type FusedKernel, hostTensor, hostValues, runFused } from './fused-kernel.js';

/** 'none' uses the error function (BERT, ELECTRA), 'tanh' Google's approximation (ALBERT's gelu_new, GPT). */
export type GeluApproximation = 'none' | 'tanh';

const { abs, exp, sqrt, tanh } = Math;

const TANH_SCALE = sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;
const INVERSE_SQRT_2 = Math.SQRT1_2;
const NORMAL_PEAK = 1 / sqrt(2 * Math.PI);

/** GELU of every element; the caller disposes. */
export function gelu<T extends tf.Tensor>(x: T, approximate: GeluApproximation = 'none'): T {
  return runFused<T>('Gelu', { x }, { approximate });
}

export const geluGradient: tf.GradConfig = {
  kernelName: 'Gelu',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    // The engine hands single-output kernels one tensor, not a list.
    x: () => runFused('GeluGrad', { x, dy: dy as tf.Tensor }, attrs),
  }),
};

export const geluKernel: FusedKernel = {
  name: 'Gelu',
  host: ({ inputs, attrs, backend }) => {
    const x = hostValues(backend, inputs.x);
    const y = new Float32Array(x.length);
    const value = attrs.approximate === 'tanh' ? geluTanh : geluErf;
    for (let i = 0; i < x.length; i++) y[i] = value(x[i]);
    return hostTensor(backend, y, inputs.x.shape);
  },
  composed: ({ inputs, attrs }) =>
    tf.tidy(() => {
      const x = inputs.x;
      return tf.mul(x, cumulative(x, attrs.approximate === 'tanh'));
    }),
};

export const geluGradKernel: FusedKernel = {
  name: 'GeluGrad',
  host: ({ inputs, attrs, backend }) => {
    const x = hostValues(backend, inputs.x);
    const dy = hostValues(backend, inputs.dy);
    const dx = new Float32Array(x.length);
    const slope = attrs.approximate === 'tanh' ? geluTanhSlope : geluErfSlope;
    for (let i = 0; i < x.length; i++) dx[i] = dy[i] * slope(x[i]);
    return hostTensor(backend, dx, inputs.x.shape);
  },
  composed: ({ inputs, attrs }) =>
    tf.tidy(() => {
      const x = inputs.x;
      const tanh = attrs.approximate === 'tanh';
      const p = cumulative(x, tanh);
      const density = tanh
        ? // d/dx of (1 + tanh u) / 2 = 2 p (1 - p) u'
          tf.mul(
            tf.mul(tf.mul(p, tf.sub(1, p)), 2 * TANH_SCALE),
            tf.add(1, tf.mul(tf.square(x), 3 * TANH_CUBIC)),
          )
        : tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), NORMAL_PEAK);
      return tf.mul(inputs.dy, tf.add(p, tf.mul(x, density)));
    }),
};

/** The factor of x in GELU: the normal distribution function, or its approximation. */
function cumulative(x: tf.Tensor, tanh: boolean): tf.Tensor {
  const bent = tanh
    ? tf.tanh(tf.mul(tf.mul(x, TANH_SCALE), tf.add(1, tf.mul(tf.square(x), TANH_CUBIC))))
    : tf.erf(tf.mul(x, INVERSE_SQRT_2));
  return tf.mul(tf.add(bent, 1), 0.5);
}

function geluErf(x: number): number {
  return 0.5 * x * (1 + erf(x * INVERSE_SQRT_2));
}

function geluErfSlope(x: number): number {
  return 0.5 * (1 + erf(x * INVERSE_SQRT_2)) + x * NORMAL_PEAK * exp(-0.5 * x * x);
}

function geluTanh(x: number): number {
  return 0.5 * x * (1 + tanh(TANH_SCALE * x * (1 + TANH_CUBIC * x * x)));
}

function geluTanhSlope(x: number): number {
  const t = tanh(TANH_SCALE * x * (1 + TANH_CUBIC * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * TANH_SCALE * (1 + 3 * TANH_CUBIC * x * x);
}

/** Error function, absolute error below 1.5e-7 (Abramowitz & Stegun 7.1.26). */
function erf(x: number): number {
  const a = abs(x);
  const t = 1 / (1 + 0.3275911 * a);
  const poly =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const y = 1 - poly * exp(-a * a);
  return x < 0 ? -y : y;
}
