// Affine maps with PyTorch's weight layout, `[out, in]`.

import * as tf from '@tensorflow/tfjs-core';
import { type Params, parameter } from './params.js';

/**
 * x Wᵀ + b with `${name}.weight` `[out, in]` and, where the record has it, `${name}.bias` `[out]`.
 *
 * `[..., in]` → `[..., out]`. Rows are flattened to a matrix first, so that the gradients are plain matrix
 * products (TensorFlow.js has none that is right for broadcast batch axes). The caller disposes.
 *
 * @throws RangeError for an `x` of another width
 */
export function linear<R extends tf.Rank>(
  params: Params,
  name: string,
  x: tf.Tensor<R>,
): tf.Tensor<R> {
  const weight = parameter<tf.Tensor2D>(params, `${name}.weight`);
  const bias: tf.Tensor | undefined = params[`${name}.bias`];
  const [outputs, inputs] = weight.shape;
  if (x.shape.at(-1) !== inputs) {
    throw new RangeError(
      `nn: cannot apply '${name}': found an input of [${x.shape.join(', ')}], expected [..., ${inputs}].\n` +
        'Check that the config belongs to the parameters.',
    );
  }
  const shape: number[] = [...x.shape.slice(0, -1), outputs];
  return tf.tidy(() => {
    const y = affine(tf.reshape(x, [-1, inputs]), weight, bias);
    return tf.reshape(y, shape as tf.ShapeMap[R]); // as many axes as x has
  });
}

/** x Wᵀ + b of matrices: `[N, in]`, `[out, in]`, `[out]` → `[N, out]`; the caller disposes. */
export function affine(x: tf.Tensor2D, weight: tf.Tensor2D, bias?: tf.Tensor): tf.Tensor2D {
  if (!bias) return tf.matMul(x, weight, false, true);
  return tf.tidy(() => tf.add(tf.matMul(x, weight, false, true), bias));
}
