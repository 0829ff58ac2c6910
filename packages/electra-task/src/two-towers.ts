// The generator of Electric (Clark et al. 2020, https://arxiv.org/abs/2012.08561): two one-sided encoders. At each position
// the state of the token before it, from the encoder that reads from the left, stands beside the state of the token after
// it, from the one that reads from the right; so every token is predicted from all others and never from itself.
//
// The towers share the embedding tables and have layers of their own. The head is that of a masked language model, over
// both states.
//
// Shapes: B batch, S sequence, K chosen positions, E embedding, H hidden of a tower, V vocabulary.

import {
  type EncodeOptions,
  type ParameterLayout,
  type Params,
  rowsAt,
  type TokenBatch,
  vocabularyLogits,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { Generator } from './models.js';
import type { Weight, Weights } from './tying.js';

export interface TwoTowerOptions {
  /**
   * Hidden states `[B S, H]` of one tower, under its own names. Must honour `options.sees`, as `encode` of
   * `@alectra/albert` and `@alectra/bert` do.
   */
  readonly encode: (params: Params, inputs: TokenBatch, options: EncodeOptions) => tf.Tensor2D;
  /** Name of the word table `[V, E]`. */
  readonly wordTable: string;
  /** Activation in the head, by Hugging Face's name; default `gelu`. */
  readonly hiddenAct?: string;
  readonly layerNormEps?: number;
}

const LEFT = 'left.';
const RIGHT = 'right.';
const DENSE = 'generator_predictions.dense';
const NORM = 'generator_predictions.LayerNorm';
const BIAS = 'generator_lm_head.bias';

/** For `electraTask` with the objective `electric`. */
export function twoTowerGenerator({
  encode,
  wordTable,
  hiddenAct = 'gelu',
  layerNormEps = 1e-12,
}: TwoTowerOptions): Generator {
  return {
    logitsAt: (params, inputs, positions, options = {}) =>
      tf.tidy(() => {
        const state = (tower: string, sees: 'past' | 'future'): tf.Tensor2D =>
          neighbour(encode(towerView(params, tower), inputs, { ...options, sees }), inputs, sees);
        const both = tf.concat2d([state(LEFT, 'past'), state(RIGHT, 'future')], 1); // [B S, 2 H]
        const names = { dense: DENSE, norm: NORM, matrix: wordTable, bias: BIAS };
        const how = { hiddenAct, epsilon: layerNormEps };
        const logits = vocabularyLogits(params, names, how, rowsAt(both, inputs, positions)); // [B K, V]
        return tf.reshape<tf.Rank.R3>(logits, [...positions.shape, logits.shape[1]]);
      }),
  };
}

/**
 * One record of two towers and a head: what `isShared` names stands once, taken from `left`; the rest under `left.` and
 * `right.`.
 */
export function twoTowerWeights<W extends Weight>(
  { left, right, head }: { readonly [part in 'left' | 'right' | 'head']: Weights<W> },
  isShared: (name: string) => boolean = (name) => /(?:^|\.)embeddings\./.test(name),
): Record<string, W> {
  const own = (tower: string, weights: Weights<W>): [string, W][] =>
    Object.entries(weights).flatMap(([name, weight]) => {
      if (!isShared(name)) return [[tower + name, weight]];
      return tower === LEFT ? [[name, weight]] : [];
    });
  return { ...Object.fromEntries([...own(LEFT, left), ...own(RIGHT, right)]), ...head };
}

/** Parameters of the head, for `initialize` of `@alectra/nn`. */
export function twoTowerHeadLayout({
  hiddenSize: H,
  embeddingSize: E,
  vocabSize: V,
}: {
  /** H, of one tower. */
  readonly hiddenSize: number;
  readonly embeddingSize: number;
  readonly vocabSize: number;
}): ParameterLayout {
  return {
    [`${DENSE}.weight`]: { shape: [E, 2 * H], init: 'normal' },
    [`${DENSE}.bias`]: { shape: [E], init: 'zeros' },
    [`${NORM}.weight`]: { shape: [E], init: 'ones' },
    [`${NORM}.bias`]: { shape: [E], init: 'zeros' },
    [BIAS]: { shape: [V], init: 'zeros' },
  };
}

/** What both towers share, and a tower's own parameters without their prefix. */
function towerView(params: Params, tower: string): Params {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, tensor]) => {
      if (name.startsWith(tower)) return [[name.slice(tower.length), tensor]];
      return name.startsWith(LEFT) || name.startsWith(RIGHT) ? [] : [[name, tensor]];
    }),
  );
}

/** At each position the state of the one before or after it, zeros at the ends and beside padding: `[B S, H]`. */
function neighbour(
  states: tf.Tensor2D,
  { attentionMask }: TokenBatch,
  side: 'past' | 'future',
): tf.Tensor2D {
  const [B, S] = attentionMask.shape;
  const H = states.shape[1];
  // a state at padding has seen what it should not: where nothing is seen, attention is uniform
  const isToken = tf.reshape(tf.cast(attentionMask, 'float32'), [B * S, 1]);
  const rows = tf.reshape(tf.mul(states, isToken), [B, S, H]);
  const nothing = tf.zeros([B, 1, H]);
  const shifted =
    side === 'past'
      ? tf.concat([nothing, tf.slice(rows, [0, 0, 0], [B, S - 1, H])], 1)
      : tf.concat([tf.slice(rows, [0, 1, 0], [B, S - 1, H]), nothing], 1);
  return tf.reshape(shifted, [B * S, H]);
}
