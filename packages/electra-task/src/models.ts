// What the task asks of the two models. Any masked language model and any token classifier will do, of the same
// family or of two; both are pure functions with their parameters as an argument.
//
// Shapes: B batch, S sequence, K slots per sequence, V vocabulary.

import type { CallOptions, Params, TokenBatch } from '@alectra/nn';
import type * as tf from '@tensorflow/tfjs-core';

export interface Generator {
  /** Logits `[B, K, V]` at `positions` int32 `[B, K]` only: logits of all positions would be gigabytes. */
  logitsAt(
    params: Params,
    inputs: TokenBatch,
    positions: tf.Tensor2D,
    options?: CallOptions,
  ): tf.Tensor3D;
}

export interface Discriminator {
  /** `[B, S]`, positive for "replaced", or `[B, S, 2]`, logits of "original" and "replaced". */
  tokenLogits(params: Params, inputs: TokenBatch, options?: CallOptions): tf.Tensor2D | tf.Tensor3D;
}

/** Ids that the task has to know. */
export interface TaskTokens {
  /** V. */
  readonly vocabSize: number;
  /** Id of [MASK]. */
  readonly mask: number;
  /** Ids that are never chosen, besides padding: [CLS], [SEP] and [MASK]; some codes add [UNK]. */
  readonly neverMasked: readonly number[];
}
