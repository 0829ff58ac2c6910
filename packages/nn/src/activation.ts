// Activations by the names of Hugging Face configs (`hidden_act`).

import * as tf from '@tensorflow/tfjs-core';
import { gelu } from './gelu.js';

type Elementwise = (x: tf.Tensor) => tf.Tensor;

const geluTanh: Elementwise = (x) => gelu(x, 'tanh');
const silu: Elementwise = (x) => tf.mul(x, tf.sigmoid(x));

/** Hugging Face's `ACT2FN`, without those that have parameters of their own (`prelu`, `xielu`). */
const ACTIVATIONS: Readonly<Record<string, Elementwise>> = {
  gelu: (x) => gelu(x),
  gelu_python: (x) => gelu(x),
  gelu_10: (x) => tf.clipByValue(gelu(x), -10, 10),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python_tanh: geluTanh,
  gelu_accurate: geluTanh,
  quick_gelu: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  hardswish: (x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)),
  laplace: (x) => {
    // mean √½, deviation √(1 / 4π): https://arxiv.org/abs/2209.10655
    const standard = tf.div(tf.sub(x, Math.SQRT1_2), 0.282095 * Math.SQRT2);
    return tf.mul(tf.add(tf.erf(standard), 1), 0.5);
  },
  leaky_relu: (x) => tf.leakyRelu(x, 0.01),
  linear: (x) => x,
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  relu: (x) => tf.relu(x),
  relu2: (x) => tf.square(tf.relu(x)),
  relu6: (x) => tf.relu6(x),
  sigmoid: (x) => tf.sigmoid(x),
  silu,
  sqrtsoftplus: (x) => tf.sqrt(tf.softplus(x)),
  swish: silu,
  tanh: (x) => tf.tanh(x),
};

/** Every name that `activation` knows. */
export const ACTIVATION_NAMES: readonly string[] = Object.keys(ACTIVATIONS);

/**
 * The activation of that name, of every element; the caller disposes (`linear` returns `x` itself).
 *
 * @throws RangeError for a name that Hugging Face does not know
 */
export function activation<T extends tf.Tensor>(name: string, x: T): T {
  if (!Object.hasOwn(ACTIVATIONS, name)) {
    throw new RangeError(
      `nn: no activation '${name}': expected one of ${ACTIVATION_NAMES.join(', ')}.\n` +
        "Correct 'hidden_act' in config.json.",
    );
  }
  return tf.tidy(() => ACTIVATIONS[name](x) as T); // element by element: the shape stays
}
