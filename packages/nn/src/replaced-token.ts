// The two networks of replaced-token detection (Clark et al. 2020, https://arxiv.org/abs/2003.10555), as stateless
// objects of the shape that `@alectra/electra-task` asks for; parameters are always arguments.
//
// Shapes: B batch, S sequence, K chosen positions, V vocabulary, L labels.

import * as tf from '@tensorflow/tfjs-core';
import type { TokenClassifierOutputs } from './model-outputs.js';
import type { CallOptions, Params, TokenBatch } from './params.js';

/** Predicts masked tokens. */
export interface MaskedLMGenerator {
  /** int32 `[B, K]` → `[B, K, V]`; the caller disposes. */
  logitsAt(
    params: Params,
    inputs: TokenBatch,
    positions: tf.Tensor2D,
    options?: CallOptions,
  ): tf.Tensor3D;
}

/** Tells replaced tokens from original ones. */
export interface ReplacedTokenDiscriminator {
  /** `[B, S]` for one label, `[B, S, L]` for L; the caller disposes. */
  tokenLogits(params: Params, inputs: TokenBatch, options?: CallOptions): tf.Tensor2D | tf.Tensor3D;
}

/** A discriminator from the pure function of a token classifier; a single label loses its axis. */
export function tokenDiscriminator(
  forward: (params: Params, inputs: TokenBatch, options?: CallOptions) => TokenClassifierOutputs,
): ReplacedTokenDiscriminator {
  return {
    tokenLogits: (params, inputs, options) =>
      tf.tidy((): tf.Tensor2D | tf.Tensor3D => {
        const { logits } = forward(params, inputs, options);
        if (logits.shape[2] !== 1) return logits;
        return tf.reshape<tf.Rank.R2>(logits, inputs.inputIds.shape);
      }),
  };
}
