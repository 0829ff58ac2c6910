// ALBERT as the two networks of replaced-token detection (Clark et al. 2020, https://arxiv.org/abs/2003.10555):
// stateless objects of the shape that `@alectra/electra-task` asks for; parameters are always arguments.

import type { CallOptions, HostTensors, InitScheme, Params, TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { AlbertConfig } from './config.js';
import { logitsAt, tokenClassification } from './heads.js';
import { AlbertForMaskedLM, AlbertForTokenClassification } from './models.js';

/** Predicts masked tokens; parameters of `AlbertForMaskedLM`. */
export interface AlbertGenerator {
  /** int32 `[B, K]` → `[B, K, V]`; the caller disposes. */
  logitsAt(
    params: Params,
    inputs: TokenBatch,
    positions: tf.Tensor2D,
    options?: CallOptions,
  ): tf.Tensor3D;
}

/** Tells replaced tokens from original ones; parameters of `AlbertForTokenClassification`. */
export interface AlbertDiscriminator {
  /** `[B, S, L]` for L labels, `[B, S]` for one; the caller disposes. */
  tokenLogits(params: Params, inputs: TokenBatch, options?: CallOptions): tf.Tensor2D | tf.Tensor3D;
}

/** The generator of that config. */
export function albertMaskedLM(config: AlbertConfig): AlbertGenerator {
  return {
    logitsAt: (params, inputs, positions, options) =>
      logitsAt(params, config, inputs, positions, options),
  };
}

/** The discriminator of that config. */
export function albertTokenClassifier(config: AlbertConfig): AlbertDiscriminator {
  return {
    tokenLogits: (params, inputs, options) =>
      tf.tidy((): tf.Tensor2D | tf.Tensor3D => {
        const { logits } = tokenClassification.forward(params, config, inputs, options);
        if (config.numLabels !== 1) return logits;
        return tf.reshape<tf.Rank.R2>(logits, inputs.inputIds.shape);
      }),
  };
}

/** Initial weights of a generator, as plain data. */
export function initAlbertForMaskedLM(
  config: AlbertConfig,
  seed: number,
  scheme?: InitScheme,
): HostTensors {
  return AlbertForMaskedLM.initialTensors(config, { seed, scheme });
}

/** Initial weights of a discriminator, as plain data. */
export function initAlbertForTokenClassification(
  config: AlbertConfig,
  seed: number,
  scheme?: InitScheme,
): HostTensors {
  return AlbertForTokenClassification.initialTensors(config, { seed, scheme });
}
