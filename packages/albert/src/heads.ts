// What stands on the encoder: one definition per Hugging Face class, each a layout and a pure function.
//
// Shapes: B batch, S sequence, E embedding, H hidden, V vocabulary, L labels.

import {
  activation,
  affine,
  classifierLayout,
  classify,
  firstRows,
  type LogitsAt,
  languageModel,
  layerNorm,
  linear,
  logitsAtPositions,
  type MaskedLMOutputs,
  type ModelDefinition,
  type Params,
  type PooledBody,
  type PooledOutputs,
  parameter,
  pool,
  pooledLayout,
  pooledModel,
  type QuestionAnsweringOutputs,
  questionAnswering,
  type SequenceClassifierOutputs,
  sequenceClassification,
  type TokenClassifierOutputs,
  tokenClassification,
  toSequences,
  type VocabularyHead,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { AlbertConfig } from './config.js';
import { encode } from './encoder.js';
import { bodyLayout, predictionsLayout, TIED_PREDICTIONS, WORD_EMBEDDINGS } from './parameters.js';

const PREFIX = 'albert.';

const body: PooledBody<AlbertConfig> = {
  family: 'Albert',
  prefix: 'albert',
  pooler: 'pooler',
  layout: bodyLayout,
  encode,
  classifierDropout: (config) => config.classifierDropoutProb,
};

const vocabulary: VocabularyHead<AlbertConfig> = {
  tied: TIED_PREDICTIONS,
  layout: predictionsLayout,
  predict: predictions,
};

export interface PreTrainingOutputs {
  /** `[B, S, V]` */
  readonly predictionLogits: tf.Tensor3D;
  /** `[B, L]`: sentence order */
  readonly sopLogits: tf.Tensor2D;
}

type AlbertDefinition<Outputs> = ModelDefinition<AlbertConfig, Outputs>;

export const albertModel: AlbertDefinition<PooledOutputs> = pooledModel(body);

export const albertMaskedLM: AlbertDefinition<MaskedLMOutputs> = languageModel(
  'AlbertForMaskedLM',
  body,
  vocabulary,
);

/** Vocabulary logits of `AlbertForMaskedLM` at chosen positions, int32 `[B, K]` → `[B, K, V]`; the caller disposes. */
export const logitsAt: LogitsAt<AlbertConfig> = logitsAtPositions(body, vocabulary);

export const albertPreTraining: AlbertDefinition<PreTrainingOutputs> = {
  architecture: 'AlbertForPreTraining',
  prefix: body.prefix,
  tied: vocabulary.tied,
  layout: (config) => ({
    ...pooledLayout(body, config, PREFIX),
    ...predictionsLayout(config),
    ...classifierLayout('sop_classifier.classifier', config),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, PREFIX, batch, options);
      const first = firstRows(hidden, batch.inputIds.shape[0]);
      const pooled = pool(params, PREFIX + body.pooler, first);
      const rate = config.classifierDropoutProb;
      return {
        predictionLogits: toSequences(predictions(params, config, hidden), batch),
        sopLogits: classify(params, 'sop_classifier.classifier', pooled, rate, options),
      };
    }),
};

export const albertTokenClassification: AlbertDefinition<TokenClassifierOutputs> =
  tokenClassification(body);

export const albertSequenceClassification: AlbertDefinition<SequenceClassifierOutputs> =
  sequenceClassification(body);

export const albertQuestionAnswering: AlbertDefinition<QuestionAnsweringOutputs> =
  questionAnswering(body);

/** dense → activation → LayerNorm → product with the word table: `[N, H]` → `[N, V]`. */
function predictions(params: Params, config: AlbertConfig, hidden: tf.Tensor2D): tf.Tensor2D {
  const { layerNormEps, predictionsLayerNormEps = layerNormEps } = config;
  const bent = activation(config.hiddenAct, linear(params, 'predictions.dense', hidden));
  const normal = layerNorm(params, 'predictions.LayerNorm', bent, predictionsLayerNormEps);
  const table = parameter<tf.Tensor2D>(params, PREFIX + WORD_EMBEDDINGS);
  return affine(normal, table, parameter(params, 'predictions.bias'));
}
