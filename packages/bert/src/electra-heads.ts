// ELECTRA (Clark et al. 2020, https://arxiv.org/abs/2003.10555) and what stands on it: one definition per Hugging
// Face class, and the classifier of Google's own code.
//
// The generator's head and the classification head have exact GELU whatever `hiddenAct` says, as in Hugging Face.
//
// Shapes: B batch, S sequence, E embedding, H hidden, V vocabulary, K chosen positions, L labels.

import {
  activation,
  affine,
  type CallOptions,
  gelu,
  layerNorm,
  linear,
  linearLayout,
  type MaskedLMOutputs,
  type ModelDefinition,
  normLayout,
  type Params,
  parameter,
  rowsAt,
  type SequenceClassifierOutputs,
  type TokenBatch,
  toSequences,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { classifierDropout, classify } from './classifiers.js';
import type { ElectraConfig } from './config.js';
import { encode, encoderLayout, WORD_EMBEDDINGS } from './encoder.js';
import type { ElectraOutputs, ReplacedTokenOutputs } from './outputs.js';

const BODY = 'electra.';

type ElectraDefinition<Outputs> = ModelDefinition<ElectraConfig, Outputs>;

export const electraModel: ElectraDefinition<ElectraOutputs> = {
  architecture: 'ElectraModel',
  prefix: 'electra',
  tied: {},
  layout: (config) => encoderLayout(config, ''),
  forward: (params, config, batch, options) =>
    tf.tidy(() => ({
      lastHiddenState: toSequences(encode(params, config, '', batch, options), batch),
    })),
};

export const electraMaskedLM: ElectraDefinition<MaskedLMOutputs> = {
  architecture: 'ElectraForMaskedLM',
  prefix: 'electra',
  tied: { 'generator_lm_head.weight': BODY + WORD_EMBEDDINGS },
  layout: (config) => ({
    ...encoderLayout(config, BODY),
    ...normLayout('generator_predictions.LayerNorm', config.embeddingSize),
    ...linearLayout('generator_predictions.dense', config.hiddenSize, config.embeddingSize),
    'generator_lm_head.bias': { shape: [config.vocabSize], init: 'zeros' },
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, BODY, batch, options);
      return { logits: toSequences(predictions(params, config, hidden), batch) };
    }),
};

export const electraPreTraining: ElectraDefinition<ReplacedTokenOutputs> = {
  architecture: 'ElectraForPreTraining',
  prefix: 'electra',
  tied: {},
  layout: (config) => ({
    ...encoderLayout(config, BODY),
    ...linearLayout('discriminator_predictions.dense', config.hiddenSize, config.hiddenSize),
    ...linearLayout('discriminator_predictions.dense_prediction', config.hiddenSize, 1, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const name = 'discriminator_predictions';
      const hidden = encode(params, config, BODY, batch, options);
      const bent = activation(config.hiddenAct, linear(params, `${name}.dense`, hidden));
      const logits = linear(params, `${name}.dense_prediction`, bent); // [B S, 1]
      return { logits: tf.reshape<tf.Rank.R2>(logits, batch.inputIds.shape) };
    }),
};

export const electraSequenceClassification: ElectraDefinition<SequenceClassifierOutputs> = {
  architecture: 'ElectraForSequenceClassification',
  prefix: 'electra',
  tied: {},
  layout: (config) => ({
    ...encoderLayout(config, BODY),
    ...linearLayout('classifier.dense', config.hiddenSize, config.hiddenSize),
    ...linearLayout('classifier.out_proj', config.hiddenSize, config.numLabels, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const first = encode(params, config, BODY, batch, { ...options, positions: 'first' });
      const kept = classifierDropout(config, first, 'classifier', options);
      const bent = gelu(linear(params, 'classifier.dense', kept));
      return { logits: classify(params, config, 'classifier.out_proj', bent, options) };
    }),
};

/** Google's fine-tuning head: dropout and one linear layer on the first position. Hugging Face has none such. */
export const electraGoogleClassification: ElectraDefinition<SequenceClassifierOutputs> = {
  architecture: 'ElectraGoogleClassifier',
  prefix: 'electra',
  tied: {},
  layout: (config) => ({
    ...encoderLayout(config, BODY),
    ...linearLayout('classifier', config.hiddenSize, config.numLabels, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const first = encode(params, config, BODY, batch, { ...options, positions: 'first' });
      return { logits: classify(params, config, 'classifier', first, options) };
    }),
};

/**
 * Vocabulary logits at chosen positions only, `[B, K, V]`; the caller disposes.
 *
 * @param positions int32 `[B, K]`, each from 0 to S - 1
 */
export function electraLogitsAt(
  params: Params,
  config: ElectraConfig,
  batch: TokenBatch,
  positions: tf.Tensor2D,
  options?: CallOptions,
): tf.Tensor3D {
  const [B, K] = positions.shape;
  return tf.tidy(() => {
    const hidden = encode(params, config, BODY, batch, options);
    const logits = predictions(params, config, rowsAt(hidden, batch, positions));
    return tf.reshape(logits, [B, K, config.vocabSize]);
  });
}

/** dense → GELU → LayerNorm → product with the word table: `[N, H]` → `[N, V]`. */
function predictions(params: Params, config: ElectraConfig, hidden: tf.Tensor2D): tf.Tensor2D {
  const bent = gelu(linear(params, 'generator_predictions.dense', hidden));
  const normal = layerNorm(params, 'generator_predictions.LayerNorm', bent, config.layerNormEps);
  const table = parameter<tf.Tensor2D>(params, BODY + WORD_EMBEDDINGS);
  return affine(normal, table, parameter(params, 'generator_lm_head.bias'));
}
