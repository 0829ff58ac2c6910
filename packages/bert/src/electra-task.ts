// The networks of replaced-token detection as stateless objects, of the shape that `@alectra/electra-task` asks for;
// parameters are always arguments.

import type { CallOptions, Params, TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { bertLogitsAt } from './bert-heads.js';
import type { BertConfig, ElectraConfig } from './config.js';
import { electraLogitsAt, electraPreTraining } from './electra-heads.js';
import { BertForTokenClassification } from './models.js';

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
  /** `[B, S]`, or `[B, S, L]` for L labels; the caller disposes. */
  tokenLogits(params: Params, inputs: TokenBatch, options?: CallOptions): tf.Tensor2D | tf.Tensor3D;
}

/** A generator with the parameters of `ElectraForMaskedLM`. */
export function electraGenerator(config: ElectraConfig): MaskedLMGenerator {
  return {
    logitsAt: (params, inputs, positions, options) =>
      electraLogitsAt(params, config, inputs, positions, options),
  };
}

/** A discriminator with the parameters of `ElectraForPreTraining`. */
export function electraDiscriminator(config: ElectraConfig): ReplacedTokenDiscriminator {
  return {
    tokenLogits: (params, inputs, options) =>
      electraPreTraining.forward(params, config, inputs, options).logits,
  };
}

/** A generator with the parameters of `BertForMaskedLM`. */
export function bertGenerator(config: BertConfig): MaskedLMGenerator {
  return {
    logitsAt: (params, inputs, positions, options) =>
      bertLogitsAt(params, config, inputs, positions, options),
  };
}

/** A discriminator with the parameters of `BertForTokenClassification`. */
export function bertDiscriminator(config: BertConfig): ReplacedTokenDiscriminator {
  return {
    tokenLogits: (params, inputs, options) =>
      tf.tidy((): tf.Tensor2D | tf.Tensor3D => {
        const { logits } = BertForTokenClassification.forward(params, config, inputs, options);
        if (config.numLabels !== 1) return logits;
        return tf.reshape<tf.Rank.R2>(logits, inputs.inputIds.shape);
      }),
  };
}
