// Self-attention of every sequence's first position, without keys and values of the others.
//
// A score is q·(K x) = (Kᵀ q)·x, and a context Σ p·(V x) = V Σ p·x: with one query a sequence the matrices K and V are
// applied to a row for each head instead of to all S rows.
//
// Shapes: B batch, S sequence, H hidden, A heads, D = H / A.

import * as tf from '@tensorflow/tfjs-core';
import type { AttentionOptions, AttentionWeights } from './attention.js';
import { dropout } from './dropout.js';
import { affine } from './linear.js';
import { firstRows } from './sequence-rows.js';
import { softmax } from './softmax.js';

/**
 * Contexts of the first positions, before the output map: `[B * S, H]` → `[B, H]`, as `selfAttention` has them; the
 * caller disposes.
 */
export function firstAttention(
  { weight, bias, heads: A }: AttentionWeights,
  x: tf.Tensor2D,
  { batchSize: B, bias: scoreBias, dropout: drop }: AttentionOptions,
): tf.Tensor2D {
  const [N, H] = x.shape;
  const [S, D] = [N / B, H / A];
  return tf.tidy(() => {
    const [queryWeight, ...others] = tf.split<tf.Tensor2D>(weight, 3);
    const [keyWeight, valueWeight] = others.map((part) => tf.reshape(part, [A, D, H]));
    // the bias of the keys adds the same to all scores of a query, which softmax does not see
    const [queryBias, , valueBias] = tf.split<tf.Tensor1D>(bias, 3);
    const rows = tf.reshape<tf.Rank.R3>(x, [B, S, H]);
    const query = headsFirst(affine(firstRows(x, B), queryWeight, queryBias), [B, A, D]);
    const asked = swapOuter(tf.matMul(query, keyWeight)); // [B, A, H]
    let scores: tf.Tensor3D = tf.matMul(asked, rows, false, true); // [B, A, S]
    if (scoreBias) scores = tf.add(scores, ofFirst(scoreBias));
    let probabilities = softmax(scores);
    if (drop) probabilities = dropout(probabilities, drop.rate, drop.key, drop.stream);
    const mixed = swapOuter(tf.matMul(probabilities, rows)); // [A, B, H]
    const context = swapOuter(tf.matMul(mixed, valueWeight, false, true)); // [B, A, D]
    // after dropout they need not add up to 1
    const shares = tf.sum(probabilities, -1, true); // [B, A, 1]
    const shift = tf.mul(shares, tf.reshape(valueBias, [1, A, D]));
    return tf.reshape(tf.add(context, shift), [B, H]);
  });
}

/** `[B, A D]` → `[A, B, D]` */
const headsFirst = (rows: tf.Tensor2D, shape: [number, number, number]): tf.Tensor3D =>
  swapOuter(tf.reshape(rows, shape));

const swapOuter = (x: tf.Tensor3D): tf.Tensor3D => tf.transpose(x, [1, 0, 2]);

/** What is added to the scores of the first position: of `[B, 1, 1 or S, S]` the first, `[B, 1, S]`. */
function ofFirst(bias: tf.Tensor4D): tf.Tensor3D {
  const [B, , , S] = bias.shape;
  return tf.reshape(tf.slice(bias, [0, 0, 0, 0], [B, 1, 1, S]), [B, 1, S]);
}
