// What stands on the encoder: one definition per Hugging Face class, each a layout and a pure function.
//
// Shapes: B batch, S sequence, V vocabulary, K chosen positions, L labels.

import {
  classifierLayout,
  classify,
  firstRows,
  type LogitsAt,
  languageModel,
  logitsAtPositions,
  type MaskedLMOutputs,
  type ModelDefinition,
  maskedLMHead,
  type PooledBody,
  type PooledOutputs,
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
import { bodyLayout, WORD_EMBEDDINGS } from './parameters.js';

const PREFIX = 'albert.';

const body: PooledBody<AlbertConfig> = {
  family: 'Albert',
  prefix: 'albert',
  pooler: 'pooler',
  layout: bodyLayout,
  encode,
  classifierDropout: (config) => config.classifierDropoutProb,
};

const vocabulary: VocabularyHead<AlbertConfig> = maskedLMHead(
  {
    dense: 'predictions.dense',
    norm: 'predictions.LayerNorm',
    decoder: 'predictions.decoder',
    tiedBias: 'predictions.bias',
    wordTable: PREFIX + WORD_EMBEDDINGS,
  },
  ({ embeddingSize, hiddenAct, layerNormEps, predictionsLayerNormEps = layerNormEps }) => ({
    embeddingSize,
    hiddenAct,
    epsilon: predictionsLayerNormEps,
  }),
);

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
  former: vocabulary.former,
  layout: (config) => ({
    ...pooledLayout(body, config, PREFIX),
    ...vocabulary.layout(config),
    ...classifierLayout('sop_classifier.classifier', config),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, PREFIX, batch, options);
      const first = firstRows(hidden, batch.inputIds.shape[0]);
      const pooled = pool(params, PREFIX + body.pooler, first);
      const rate = config.classifierDropoutProb;
      return {
        predictionLogits: toSequences(vocabulary.predict(params, config, hidden), batch),
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
