// Multi-head self-attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762): bidirectional, or causal by its
// bias.
//
// Query, key and value share one matrix product, and the scale 1/√D goes into the query's weights: a model whose
// layers share weights packs once and applies often. Activations stay matrices `[B * S, H]`.
//
// Shapes: B batch, S sequence, H hidden, A heads, D = H / A.

import * as tf from '@tensorflow/tfjs-core';
import { dropout } from './dropout.js';
import { affine } from './linear.js';
import { type Params, parameter, type Sight } from './params.js';
import type { RandomKey } from './random-bits.js';
import { softmax } from './softmax.js';

/** Query (scaled), key and value, one above the other. */
export interface AttentionWeights {
  /** `[3 H, H]` */
  readonly weight: tf.Tensor2D;
  /** `[3 H]` */
  readonly bias: tf.Tensor1D;
  readonly heads: number;
}

export interface AttentionOptions {
  readonly batchSize: number;
  /** Of `attentionBias` or `causalBias`; absent when every position may see every other. */
  readonly bias?: tf.Tensor4D;
  /** Of the attention probabilities. */
  readonly dropout?: {
    readonly rate: number;
    readonly key: RandomKey | undefined;
    readonly stream: string;
  };
}

/** exp of it is exactly 0 beside any real score, and a row of nothing else stays finite and uniform. */
const MASKED = -1e9;

/**
 * Added to attention scores: 0 at tokens, a large negative number at padding and at positions that `sees` hides. int32
 * `[B, S]` → `[B, 1, 1, S]`, or `[B, 1, S, S]` for one side; the caller disposes.
 */
export function attentionBias(mask: tf.Tensor2D, sees: Sight = 'both'): tf.Tensor4D {
  const [B, S] = mask.shape;
  return tf.tidy(() => {
    const isToken = tf.reshape(tf.cast(mask, 'float32'), [B, 1, 1, S]);
    if (sees === 'both') return tf.mul(tf.sub(1, isToken), MASKED) as tf.Tensor4D;
    const at = tf.range(0, S, 1, 'int32');
    const [seen, self] = [tf.reshape(at, [1, S]), tf.reshape(at, [S, 1])];
    const isSeen = sees === 'past' ? tf.lessEqual(seen, self) : tf.greaterEqual(seen, self); // [S, S]
    return tf.mul(tf.sub(1, tf.mul(tf.cast(isSeen, 'float32'), isToken)), MASKED) as tf.Tensor4D;
  });
}

/** As `attentionBias`, and no token sees what follows it. int32 `[B, S]` → `[B, 1, S, S]`; the caller disposes. */
export function causalBias(mask: tf.Tensor2D): tf.Tensor4D {
  return attentionBias(mask, 'past');
}

/** Packs `${name}.query`, `.key` and `.value` (weights `[H, H]`, biases `[H]`); the caller disposes. */
export function attentionWeights(params: Params, name: string, heads: number): AttentionWeights {
  const [query, key, value] = ['query', 'key', 'value'].map((part) => ({
    weight: parameter<tf.Tensor2D>(params, `${name}.${part}.weight`),
    bias: parameter<tf.Tensor1D>(params, `${name}.${part}.bias`),
  }));
  const scale = 1 / Math.sqrt(query.weight.shape[0] / heads);
  return tf.tidy(() => ({
    weight: tf.concat2d([tf.mul<tf.Tensor2D>(query.weight, scale), key.weight, value.weight], 0),
    bias: tf.concat1d([tf.mul<tf.Tensor1D>(query.bias, scale), key.bias, value.bias]),
    heads,
  }));
}

/** Contexts of every position, before the output map: `[B * S, H]` → `[B * S, H]`; the caller disposes. */
export function selfAttention(
  { weight, bias, heads }: AttentionWeights,
  x: tf.Tensor2D,
  options: AttentionOptions,
): tf.Tensor2D {
  const B = options.batchSize;
  const [N, H] = x.shape;
  return tf.tidy(() => {
    const [query, key, value] = splitHeads(affine(x, weight, bias), 3, { batchSize: B, heads });
    let scores: tf.Tensor4D = tf.matMul(query, key, false, true); // [B, A, S, S]
    if (options.bias) scores = tf.add(scores, options.bias);
    let probabilities = softmax(scores);
    if (options.dropout) {
      const { rate, key: random, stream } = options.dropout;
      probabilities = dropout(probabilities, rate, random, stream);
    }
    const context: tf.Tensor4D = tf.matMul(probabilities, value); // [B, A, S, D]
    const ordered = heads === 1 ? context : tf.transpose(context, [0, 2, 1, 3]);
    return tf.reshape(ordered, [N, H]);
  });
}

interface HeadShape {
  readonly batchSize: number;
  readonly heads: number;
}

/** Matrices side by side, `[B S, count H]`, as batches of heads, each `[B, A, S, D]`. */
function splitHeads(packed: tf.Tensor2D, count: number, shape: HeadShape): tf.Tensor4D[] {
  const { batchSize: B, heads: A } = shape;
  // One head needs no transpose; several share one, which leaves the parts contiguous.
  if (A === 1) return tf.split<tf.Tensor2D>(packed, count, 1).map((part) => inHeads(part, shape));
  const S = packed.shape[0] / B;
  const D = packed.shape[1] / (count * A);
  const ordered = tf.transpose(tf.reshape(packed, [B, S, count, A, D]), [2, 0, 3, 1, 4]);
  return tf.split(ordered, count).map((part) => tf.reshape(part, [B, A, S, D]));
}

/** `[B S, H]` → `[B, A, S, D]` */
function inHeads(rows: tf.Tensor2D, { batchSize: B, heads: A }: HeadShape): tf.Tensor4D {
  const S = rows.shape[0] / B;
  const D = rows.shape[1] / A;
  if (A === 1) return tf.reshape(rows, [B, A, S, D]);
  return tf.transpose(tf.reshape(rows, [B, S, A, D]), [0, 2, 1, 3]);
}
