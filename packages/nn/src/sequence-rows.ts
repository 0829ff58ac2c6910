// Between rows of all positions, `[B * S, X]`, in which encoders compute, and sequences.
//
// Shapes: B batch, S sequence, K chosen positions, X any width.

import * as tf from '@tensorflow/tfjs-core';
import { embedding } from './embedding.js';
import type { TokenBatch } from './params.js';

/** `[B * S, X]` → `[B, S, X]`; the caller disposes. */
export function toSequences(rows: tf.Tensor2D, { inputIds }: TokenBatch): tf.Tensor3D {
  const [B, S] = inputIds.shape;
  return tf.reshape(rows, [B, S, rows.shape[1]]);
}

/** The row of every sequence's first position, where [CLS] stands: `[B * S, X]` → `[B, X]`; the caller disposes. */
export function firstRows(rows: tf.Tensor2D, batchSize: number): tf.Tensor2D {
  const [N, X] = rows.shape;
  const sequences: [number, number] = [batchSize, (N / batchSize) * X];
  return tf.tidy(() => tf.slice(tf.reshape<tf.Rank.R2>(rows, sequences), [0, 0], [batchSize, X]));
}

/**
 * Rows at chosen positions, `[B * K, X]`; the caller disposes.
 *
 * @param positions int32 `[B, K]`, each from 0 to S - 1
 */
export function rowsAt(
  rows: tf.Tensor2D,
  { inputIds }: TokenBatch,
  positions: tf.Tensor2D,
): tf.Tensor2D {
  const [B, S] = inputIds.shape;
  const K = positions.shape[1];
  return tf.tidy(() => {
    const starts = tf.reshape(tf.range(0, B * S, S, 'int32'), [B, 1]);
    return embedding(rows, tf.reshape(tf.add(positions, starts), [B * K]));
  });
}
