// What stands on the encoder: one definition per Hugging Face class, each a layout and a pure function.
//
// Shapes: B batch, S sequence, E embedding, H hidden, V vocabulary, K chosen positions, L labels.

import {
  activation,
  affine,
  type CallOptions,
  dropout,
  firstRows,
  layerNorm,
  linear,
  linearLayout,
  type MaskedLMOutputs,
  type ModelDefinition,
  type Params,
  parameter,
  type QuestionAnsweringOutputs,
  rowsAt,
  type SequenceClassifierOutputs,
  type TokenBatch,
  type TokenClassifierOutputs,
  toSequences,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { AlbertConfig } from './config.js';
import { encode, pool } from './encoder.js';
import { bodyLayout, predictionsLayout, TIED_PREDICTIONS, WORD_EMBEDDINGS } from './parameters.js';

const BODY = 'albert.';

export interface AlbertOutputs {
  /** `[B, S, H]` */
  readonly lastHiddenState: tf.Tensor3D;
  /** `[B, H]` */
  readonly poolerOutput: tf.Tensor2D;
}

export interface PreTrainingOutputs {
  /** `[B, S, V]` */
  readonly predictionLogits: tf.Tensor3D;
  /** `[B, L]`: sentence order */
  readonly sopLogits: tf.Tensor2D;
}

type AlbertDefinition<Outputs> = ModelDefinition<AlbertConfig, Outputs>;

export const albertModel: AlbertDefinition<AlbertOutputs> = {
  architecture: 'AlbertModel',
  prefix: 'albert',
  tied: {},
  layout: (config) => bodyLayout(config, '', { pooler: true }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, '', batch, options);
      return {
        lastHiddenState: toSequences(hidden, batch),
        poolerOutput: pool(params, '', firstRows(hidden, batch.inputIds.shape[0])),
      };
    }),
};

export const maskedLM: AlbertDefinition<MaskedLMOutputs> = {
  architecture: 'AlbertForMaskedLM',
  prefix: 'albert',
  tied: TIED_PREDICTIONS,
  layout: (config) => ({
    ...bodyLayout(config, BODY, { pooler: false }),
    ...predictionsLayout(config),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, BODY, batch, options);
      return { logits: toSequences(predictions(params, config, hidden), batch) };
    }),
};

export const preTraining: AlbertDefinition<PreTrainingOutputs> = {
  architecture: 'AlbertForPreTraining',
  prefix: 'albert',
  tied: TIED_PREDICTIONS,
  layout: (config) => ({
    ...bodyLayout(config, BODY, { pooler: true }),
    ...predictionsLayout(config),
    ...linearLayout('sop_classifier.classifier', config.hiddenSize, config.numLabels, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, BODY, batch, options);
      const pooled = pool(params, BODY, firstRows(hidden, batch.inputIds.shape[0]));
      return {
        predictionLogits: toSequences(predictions(params, config, hidden), batch),
        sopLogits: classify(params, config, 'sop_classifier.classifier', pooled, options),
      };
    }),
};

export const tokenClassification: AlbertDefinition<TokenClassifierOutputs> = {
  architecture: 'AlbertForTokenClassification',
  prefix: 'albert',
  tied: {},
  layout: (config) => ({
    ...bodyLayout(config, BODY, { pooler: false }),
    ...linearLayout('classifier', config.hiddenSize, config.numLabels, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, BODY, batch, options);
      return {
        logits: toSequences(classify(params, config, 'classifier', hidden, options), batch),
      };
    }),
};

export const sequenceClassification: AlbertDefinition<SequenceClassifierOutputs> = {
  architecture: 'AlbertForSequenceClassification',
  prefix: 'albert',
  tied: {},
  layout: (config) => ({
    ...bodyLayout(config, BODY, { pooler: true }),
    ...linearLayout('classifier', config.hiddenSize, config.numLabels, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const first = encode(params, config, BODY, batch, { ...options, positions: 'first' });
      const pooled = pool(params, BODY, first);
      return { logits: classify(params, config, 'classifier', pooled, options) };
    }),
};

export const questionAnswering: AlbertDefinition<QuestionAnsweringOutputs> = {
  architecture: 'AlbertForQuestionAnswering',
  prefix: 'albert',
  tied: {},
  layout: (config) => ({
    ...bodyLayout(config, BODY, { pooler: false }),
    ...linearLayout('qa_outputs', config.hiddenSize, 2, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, BODY, batch, options);
      const logits = linear(params, 'qa_outputs', hidden); // [B S, 2]
      const [startLogits, endLogits] = tf
        .split(logits, 2, 1)
        .map((part) => tf.reshape<tf.Rank.R2>(part, batch.inputIds.shape));
      return { startLogits, endLogits };
    }),
};

/**
 * Vocabulary logits at chosen positions only: hidden states are gathered before the large product.
 *
 * @param positions int32 `[B, K]`, each from 0 to S - 1
 * @returns `[B, K, V]`; the caller disposes
 */
export function logitsAt(
  params: Params,
  config: AlbertConfig,
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

/** dense → activation → LayerNorm → product with the word table: `[N, H]` → `[N, V]`. */
function predictions(params: Params, config: AlbertConfig, hidden: tf.Tensor2D): tf.Tensor2D {
  const { layerNormEps, predictionsLayerNormEps = layerNormEps } = config;
  const bent = activation(config.hiddenAct, linear(params, 'predictions.dense', hidden));
  const normal = layerNorm(params, 'predictions.LayerNorm', bent, predictionsLayerNormEps);
  const table = parameter<tf.Tensor2D>(params, BODY + WORD_EMBEDDINGS);
  return affine(normal, table, parameter(params, 'predictions.bias'));
}

function classify(
  params: Params,
  config: AlbertConfig,
  name: string,
  hidden: tf.Tensor2D,
  options?: CallOptions,
): tf.Tensor2D {
  const kept = dropout(hidden, config.classifierDropoutProb, options?.dropout, name);
  return linear(params, name, kept);
}
