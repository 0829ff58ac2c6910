// One post-norm transformer layer: x ← LN(x + attention(x)), x ← LN(x + ffn(x)).
//
// BERT, ELECTRA and ALBERT differ in names, in sharing and in dropout, so those are arguments.
//
// Shapes: B batch, S sequence, H hidden, F feed-forward.

import * as tf from '@tensorflow/tfjs-core';
import { activation } from './activation.js';
import { type AttentionWeights, attentionWeights, selfAttention } from './attention.js';
import { dropout } from './dropout.js';
import { firstAttention } from './first-attention.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';
import type { EncodeOptions, Params } from './params.js';
import { firstRows } from './sequence-rows.js';

/** Full parameter names, without `.weight` and `.bias`. */
export interface TransformerLayerNames {
  /** Holds `.query`, `.key` and `.value`. */
  readonly attention: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly feedForward: string;
  readonly feedForwardOutput: string;
  readonly feedForwardNorm: string;
}

export interface TransformerLayerOptions extends EncodeOptions {
  readonly batchSize: number;
  readonly attentionBias?: tf.Tensor4D;
  readonly hiddenAct: string;
  readonly epsilon: number;
  readonly attentionDropout: number;
  readonly attentionOutputDropout: number;
  readonly feedForwardDropout: number;
  /** Distinguishes the random streams of repeated applications. */
  readonly stream: string;
}

/** Names of a layer with its packed attention weights. */
export interface TransformerLayer {
  readonly names: TransformerLayerNames;
  readonly attention: AttentionWeights;
}

/** Packs a layer once for any number of applications; the caller disposes the packed tensors. */
export function transformerLayer(
  params: Params,
  names: TransformerLayerNames,
  heads: number,
): TransformerLayer {
  return { names, attention: attentionWeights(params, names.attention, heads) };
}

/**
 * The layer's output for `x`: `[B * S, H]` → `[B * S, H]`, or `[B, H]` of every sequence's first position; the caller
 * disposes.
 */
export function applyTransformerLayer(
  params: Params,
  { names, attention }: TransformerLayer,
  x: tf.Tensor2D,
  options: TransformerLayerOptions,
): tf.Tensor2D {
  const { batchSize, dropout: key, stream, epsilon } = options;
  return tf.tidy(() => {
    const isFirst = options.positions === 'first';
    const asking = isFirst ? firstRows(x, batchSize) : x;
    const attend = isFirst ? firstAttention : selfAttention;
    const context = attend(attention, x, {
      batchSize,
      bias: options.attentionBias,
      dropout: { rate: options.attentionDropout, key, stream: `${stream}.attention` },
    });
    const attended = dropout(
      linear(params, names.attentionOutput, context),
      options.attentionOutputDropout,
      key,
      `${stream}.attention.output`,
    );
    const y = layerNorm(params, names.attentionNorm, tf.add(asking, attended), epsilon);

    const inner = activation(options.hiddenAct, linear(params, names.feedForward, y)); // [B S, F]
    const fed = dropout(
      linear(params, names.feedForwardOutput, inner),
      options.feedForwardDropout,
      key,
      `${stream}.output`,
    );
    return layerNorm(params, names.feedForwardNorm, tf.add(y, fed), epsilon);
  });
}
