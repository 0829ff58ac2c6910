// Draws one token per row from the softmax of logits, by the Gumbel-max trick (Maddison et al. 2014,
// https://arxiv.org/abs/1411.0030) in two levels.
//
// Noise for a whole vocabulary is costly: every number is some sixty integer operations in an engine that does not
// fuse. The vocabulary is cut into blocks instead: first a block is drawn by its total probability, then a token
// inside it, 2 √V numbers a row and the same distribution. argmax(ln p + g) with g = -ln(-ln u) is
// argmax(p / -ln u), which needs no logarithm of p and never meets ln 0.
//
// Shapes: N rows, V vocabulary, C blocks, D tokens in a block.

import { type RandomKey, randomUniform, softmax, stopGradient } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';

export interface SampleOptions {
  readonly temperature?: number;
  /** int32 `[N]`: ids that must not be drawn, one per row. */
  readonly exclude?: tf.Tensor1D;
}

/**
 * One id per row of `logits` `[N, V]`: int32 `[N]`, which the caller disposes. No gradient passes.
 */
export function sampleTokens(
  logits: tf.Tensor2D,
  key: RandomKey,
  { temperature = 1, exclude }: SampleOptions = {},
): tf.Tensor1D {
  return tf.tidy(() => {
    const [N, V] = logits.shape;
    let scores: tf.Tensor2D = stopGradient(logits);
    if (temperature !== 1) scores = tf.div(scores, temperature);
    if (exclude) {
      const isExcluded = tf.equal(tf.expandDims(exclude, 1), tf.range(0, V, 1, 'int32'));
      scores = tf.where(isExcluded, tf.fill([N, V], -1e9), scores);
    }
    const p = softmax(scores);
    const D = Math.ceil(Math.sqrt(V));
    const C = Math.ceil(V / D);
    const filled =
      C * D === V
        ? p
        : tf.pad(p, [
            [0, 0],
            [0, C * D - V],
          ]);

    const blocks = tf.reshape(filled, [N, C, D]);
    const block = race(tf.sum(blocks, 2), key, 'block'); // [N]
    const row = tf.add(tf.range(0, N * C, C, 'int32'), block);
    const inside: tf.Tensor2D = tf.gather(tf.reshape(filled, [N * C, D]), row); // [N, D]
    const offset = race(inside, key, 'token');
    return tf.add(tf.mul(block, tf.scalar(D, 'int32')), offset);
  });
}

/**
 * Ids uniform over the vocabulary, int32 of `shape`; never `exclude`, if given.
 *
 * @param exclude int32 of the same shape
 */
export function uniformTokens(
  key: RandomKey,
  shape: [number, number],
  vocabSize: number,
  exclude?: tf.Tensor2D,
): tf.Tensor2D {
  return tf.tidy(() => {
    const u = randomUniform<tf.Tensor2D>(key, 'uniform', shape);
    const choices = exclude ? vocabSize - 1 : vocabSize;
    const ids = tf.cast(tf.mul<tf.Tensor2D>(u, choices), 'int32'); // rounds down
    if (!exclude) return ids;
    return tf.add(ids, tf.cast(tf.greaterEqual<tf.Tensor2D>(ids, exclude), 'int32')); // skips over the excluded id
  });
}

/** argmax over the last axis of p / -ln u: index i with probability p[i] / Σp, int32 `[N]`. */
function race(p: tf.Tensor2D, key: RandomKey, stream: string): tf.Tensor1D {
  const u = randomUniform<tf.Tensor2D>(key, stream, p.shape);
  return tf.argMax(tf.div(p, tf.neg(tf.log(u))), 1);
}
