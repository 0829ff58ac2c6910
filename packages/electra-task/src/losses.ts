// The two losses of ELECTRA (Clark et al. 2020, §2.1) as sums, so that any average can be made of them.
//
// Shapes: B batch, S sequence, N rows, V vocabulary.

import { softmaxCrossEntropy } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { checkLogits } from './models.js';

/** Cross-entropy of `targets` int32 `[N]` under `logits` `[N, V]`, times `weights` `[N]`: `[N]`. */
export function maskedTokenLoss(
  logits: tf.Tensor2D,
  targets: tf.Tensor1D,
  weights: tf.Tensor1D,
): tf.Tensor1D {
  return tf.tidy(() => tf.mul(softmaxCrossEntropy(logits, targets), weights));
}

/**
 * One logit per token `[B, S]`: a two-label head is the difference of its logits, with the very same loss.
 *
 * @throws RangeError if `logits` are neither `[B, S]` nor `[B, S, 2]`
 */
export function replacedLogits(
  logits: tf.Tensor2D | tf.Tensor3D,
  [B, S]: readonly [number, number],
): tf.Tensor2D {
  checkLogits('tokenLogits', logits.shape, [B, S], [B, S, 2]);
  return tf.tidy(() => {
    if (logits.rank === 2) return tf.clone(logits as tf.Tensor2D);
    const label = (at: number): tf.Tensor => tf.slice(logits, [0, 0, at], [B, S, 1]);
    return tf.reshape(tf.sub(label(1), label(0)), [B, S]);
  });
}

/**
 * Sigmoid cross-entropy of 0/1 `labels` under `logits`, elementwise, any shape.
 *
 * With its own gradient, sigmoid(x) - y, which is right at 0 too, where those of |x| and max(x, 0) are not defined.
 */
export function binaryCrossEntropy<T extends tf.Tensor>(logits: T, labels: T): T {
  const loss = tf.customGrad((...args) => {
    const [x, y, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc]; // customGrad's own typing
    save([x, y]);
    const value = tf.add(tf.sub(tf.relu(x), tf.mul(x, y)), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [logit, label] = saved as [tf.Tensor, tf.Tensor];
      return [tf.mul(dy, tf.sub(tf.sigmoid(logit), label)), tf.zerosLike(label)];
    };
    return { value, gradFunc };
  });
  return loss(logits, labels) as T; // elementwise: the shape of its arguments
}

/** Σ values / Σ weights, 0 where no weight is left; both already weighted; `[]`. */
export function mean(sum: tf.Scalar, weight: tf.Scalar): tf.Scalar {
  return tf.tidy(() => tf.div(sum, tf.maximum(weight, 1)));
}
