// BERT and what stands on it: one definition per Hugging Face class.
//
// Shapes: B batch, S sequence, H hidden, V vocabulary.

import {
  activation,
  affine,
  firstRows,
  type LogitsAt,
  languageModel,
  layerNorm,
  linear,
  linearLayout,
  logitsAtPositions,
  type MaskedLMOutputs,
  type ModelDefinition,
  normLayout,
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

/** Its decoder is the word table. */
const vocabulary: VocabularyHead<BertConfig> = {
  tied: {
    'cls.predictions.decoder.weight': PREFIX + WORD_EMBEDDINGS,
    'cls.predictions.decoder.bias': 'cls.predictions.bias',
  },
  layout: ({ vocabSize, hiddenSize: H }) => ({
    'cls.predictions.bias': { shape: [vocabSize], init: 'zeros' },
    ...linearLayout('cls.predictions.transform.dense', H, H),
    ...normLayout('cls.predictions.transform.LayerNorm', H),
  }),
  predict: predictions,
};

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
        predictionLogits: toSequences(predictions(params, config, hidden), batch),
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

/** dense → activation → LayerNorm → product with the word table: `[N, H]` → `[N, V]`. */
function predictions(params: Params, config: BertConfig, hidden: tf.Tensor2D): tf.Tensor2D {
  const name = 'cls.predictions.transform';
  const bent = activation(config.hiddenAct, linear(params, `${name}.dense`, hidden));
  const normal = layerNorm(params, `${name}.LayerNorm`, bent, config.layerNormEps);
  const table = parameter<tf.Tensor2D>(params, PREFIX + WORD_EMBEDDINGS);
  return affine(normal, table, parameter(params, 'cls.predictions.bias'));
}
