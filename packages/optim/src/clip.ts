// Clipping by the joint norm of all gradients (Pascanu et al. 2013, https://arxiv.org/abs/1211.5063), in
// TensorFlow's form: the factor is exactly 1 within the limit and maxNorm / norm beyond it.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from './optimizer.js';

/**
 * The one factor that brings the joint norm of all gradients down to `maxNorm`.
 *
 * Hand it to `update` as `gradientScale` and the gradients are never written out again.
 *
 * @param gradients by name; a tensor under several names counts once
 * @returns both `[]`: the factor, and the norm before clipping. Not a number if any gradient is not
 * @throws RangeError if `maxNorm` is not positive
 */
export function globalNormScale(
  gradients: Tensors,
  maxNorm: number,
): { readonly scale: tf.Scalar; readonly norm: tf.Scalar } {
  if (!(maxNorm > 0))
    throw new RangeError(
      `optim: cannot clip gradients to norm ${maxNorm}: expected a positive number.\n` +
        'ELECTRA uses 1; leave clipping out to have none.',
    );
  return tf.tidy(() => {
    const norm = globalNorm(gradients);
    return { norm, scale: tf.div(maxNorm, tf.maximum(norm, maxNorm)) as tf.Scalar };
  });
}

/** Square root of the sum of squares over all distinct tensors, `[]`; 0 for an empty record. */
export function globalNorm(gradients: Tensors): tf.Scalar {
  return tf.tidy(() => {
    const squares = [...new Set(Object.values(gradients))].map((g) =>
      tf.sum<tf.Scalar>(tf.square(g)),
    );
    return squares.length === 0 ? tf.scalar(0) : tf.sqrt(tf.addN(squares));
  });
}

/**
 * Gradients scaled by one factor so that their joint norm is at most `maxNorm`.
 *
 * @param gradients by variable name, any shapes, float32
 * @param maxNorm in the units of the gradients; ELECTRA uses 1
 * @returns new tensors with the same names and shapes, and the norm before clipping, `[]`. The caller disposes
 * @throws RangeError if `maxNorm` is not positive
 */
export function clipByGlobalNorm(
  gradients: Tensors,
  maxNorm: number,
): { readonly gradients: Record<string, tf.Tensor>; readonly norm: tf.Scalar } {
  return tf.tidy(() => {
    const { scale, norm } = globalNormScale(gradients, maxNorm);
    const once = new Map<tf.Tensor, tf.Tensor>();
    const clipped: Record<string, tf.Tensor> = {};
    for (const [name, gradient] of Object.entries(gradients)) {
      const done = once.get(gradient) ?? tf.mul(gradient, scale);
      once.set(gradient, done);
      clipped[name] = done;
    }
    return { gradients: clipped, norm };
  });
}
