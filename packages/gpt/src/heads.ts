// GPT and what stands on it: one definition per Hugging Face class, each a layout and a pure function.
//
// Shapes: B batch, S sequence, H hidden, V vocabulary, K chosen positions, L labels.

import {
  affine,
  type CallOptions,
  type ModelDefinition,
  type Params,
  parameter,
  rowsAt,
  type SequenceClassifierOutputs,
  type TokenBatch,
  toSequences,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { GptConfig } from './config.js';
import { decode, decoderLayout, WORD_EMBEDDINGS } from './decoder.js';

const BODY = 'transformer.';

export interface GptOutputs {
  /** `[B, S, H]` */
  readonly lastHiddenState: tf.Tensor3D;
}

export interface CausalLMOutputs {
  /** `[B, S, V]`: of the token that follows each position */
  readonly logits: tf.Tensor3D;
}

type GptDefinition<Outputs> = ModelDefinition<GptConfig, Outputs>;

export const gptModel: GptDefinition<GptOutputs> = {
  architecture: 'OpenAIGPTModel',
  prefix: 'transformer',
  tied: {},
  layout: (config) => decoderLayout(config, ''),
  forward: (params, config, batch, options) =>
    tf.tidy(() => ({
      lastHiddenState: toSequences(decode(params, config, '', batch, options), batch),
    })),
};

export const gptLMHead: GptDefinition<CausalLMOutputs> = {
  architecture: 'OpenAIGPTLMHeadModel',
  prefix: 'transformer',
  tied: { 'lm_head.weight': BODY + WORD_EMBEDDINGS },
  layout: (config) => decoderLayout(config, BODY),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = decode(params, config, BODY, batch, options);
      return { logits: toSequences(predictions(params, hidden), batch) };
    }),
};

export const gptSequenceClassification: GptDefinition<SequenceClassifierOutputs> = {
  architecture: 'OpenAIGPTForSequenceClassification',
  prefix: 'transformer',
  tied: {},
  layout: (config) => ({
    ...decoderLayout(config, BODY),
    'score.weight': { shape: [config.numLabels, config.nEmbd], init: 'linear' },
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = decode(params, config, BODY, batch, options);
      const last = rowsAt(hidden, batch, lastPositions(config, batch)); // [B, H]
      return { logits: affine(last, parameter(params, 'score.weight')) };
    }),
};

/**
 * Vocabulary logits at chosen positions only, `[B, K, V]`; the caller disposes.
 *
 * @param positions int32 `[B, K]`, each from 0 to S - 1
 */
export function gptLogitsAt(
  params: Params,
  config: GptConfig,
  batch: TokenBatch,
  positions: tf.Tensor2D,
  options?: CallOptions,
): tf.Tensor3D {
  const [B, K] = positions.shape;
  return tf.tidy(() => {
    const hidden = decode(params, config, BODY, batch, options);
    const logits = predictions(params, rowsAt(hidden, batch, positions));
    return tf.reshape(logits, [B, K, config.vocabSize]);
  });
}

/** Product with the word table: `[N, H]` → `[N, V]`. */
function predictions(params: Params, hidden: tf.Tensor2D): tf.Tensor2D {
  return affine(hidden, parameter<tf.Tensor2D>(params, BODY + WORD_EMBEDDINGS));
}

/**
 * Where each text ends, int32 `[B, 1]`: at its last token that is not `padTokenId`, as in Hugging Face; without a
 * padding token, where Hugging Face takes one text at a time, at the last one that the mask shows.
 */
function lastPositions({ padTokenId }: GptConfig, batch: TokenBatch): tf.Tensor2D {
  const S = batch.inputIds.shape[1];
  const isToken =
    padTokenId === undefined ? batch.attentionMask : tf.notEqual(batch.inputIds, padTokenId);
  const places = tf.mul(tf.range(0, S, 1, 'int32'), tf.cast(isToken, 'int32')); // [B, S]
  return tf.max(places, 1, true);
}
