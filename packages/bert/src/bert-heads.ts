// BERT and what stands on it: one definition per Hugging Face class.
//
// Shapes: B batch, S sequence, V vocabulary, K chosen positions.

import {
  firstRows,
  type LogitsAt,
  languageModel,
  linear,
  linearLayout,
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
import type { BertConfig } from './config.js';
import { classifierDropout, encode, encoderLayout, WORD_EMBEDDINGS } from './encoder.js';

const PREFIX = 'bert.';

const body: PooledBody<BertConfig> = {
  family: 'Bert',
  prefix: 'bert',
  pooler: 'pooler.dense',
  layout: encoderLayout,
  encode,
  classifierDropout,
};

const vocabulary: VocabularyHead<BertConfig> = maskedLMHead(
  {
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    decoder: 'cls.predictions.decoder',
    tiedBias: 'cls.predictions.bias',
    wordTable: PREFIX + WORD_EMBEDDINGS,
  },
  ({ hiddenSize, hiddenAct, layerNormEps }) => ({
    embeddingSize: hiddenSize,
    hiddenAct,
    epsilon: layerNormEps,
  }),
);

export interface BertPreTrainingOutputs {
  /** `[B, S, V]` */
  readonly predictionLogits: tf.Tensor3D;
  /** `[B, 2]`: whether the second sentence follows the first (0) or not (1) */
  readonly seqRelationshipLogits: tf.Tensor2D;
}

type BertDefinition<Outputs> = ModelDefinition<BertConfig, Outputs>;

export const bertModel: BertDefinition<PooledOutputs> = pooledModel(body);

export const bertMaskedLM: BertDefinition<MaskedLMOutputs> = languageModel(
  'BertForMaskedLM',
  body,
  vocabulary,
);

/** Vocabulary logits of `BertForMaskedLM` at chosen positions, int32 `[B, K]` → `[B, K, V]`; the caller disposes. */
export const bertLogitsAt: LogitsAt<BertConfig> = logitsAtPositions(body, vocabulary);

export const bertPreTraining: BertDefinition<BertPreTrainingOutputs> = {
  architecture: 'BertForPreTraining',
  prefix: body.prefix,
  tied: vocabulary.tied,
  former: vocabulary.former,
  layout: (config) => ({
    ...pooledLayout(body, config, PREFIX),
    ...vocabulary.layout(config),
    ...linearLayout('cls.seq_relationship', config.hiddenSize, 2, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, PREFIX, batch, options);
      const first = firstRows(hidden, batch.inputIds.shape[0]);
      const pooled = pool(params, PREFIX + body.pooler, first);
      return {
        predictionLogits: toSequences(vocabulary.predict(params, config, hidden), batch),
        seqRelationshipLogits: linear(params, 'cls.seq_relationship', pooled),
      };
    }),
};

export const bertTokenClassification: BertDefinition<TokenClassifierOutputs> =
  tokenClassification(body);

export const bertSequenceClassification: BertDefinition<SequenceClassifierOutputs> =
  sequenceClassification(body);

export const bertQuestionAnswering: BertDefinition<QuestionAnsweringOutputs> =
  questionAnswering(body);
