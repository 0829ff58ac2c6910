// Features of sentences for a probe: the hidden state of [CLS] beside the mean over all tokens.
//
// Shapes: B batch, S sequence, H hidden.

import * as tf from '@tensorflow/tfjs-core';

/**
 * `[B, S, H]` → `[B, 2 H]`; the caller disposes.
 *
 * @param attentionMask int32 `[B, S]`: 1 for a token, 0 for padding; a row without a token has features that are no
 *   numbers
 */
export function sentenceFeatures(hidden: tf.Tensor3D, attentionMask: tf.Tensor2D): tf.Tensor2D {
  const [B, , H] = hidden.shape;
  return tf.tidy(() => {
    const mask = tf.expandDims<tf.Tensor3D>(tf.cast(attentionMask, 'float32'), 2); // [B, S, 1]
    const mean: tf.Tensor2D = tf.div(tf.sum(tf.mul(hidden, mask), 1), tf.sum(mask, 1));
    const first: tf.Tensor2D = tf.reshape(tf.slice(hidden, [0, 0, 0], [B, 1, H]), [B, H]);
    return tf.concat2d([first, mean], 1);
  });
}
