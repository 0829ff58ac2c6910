// ELECTRA (Clark et al. 2020, https://arxiv.org/abs/2003.10555) and what stands on it: one definition per Hugging
// Face class, and the classifier of Google's own code.
//
// The generator's head and the classification head have exact GELU whatever `hiddenAct` says, as in Hugging Face.
//
// Shapes: B batch, S sequence, V vocabulary, K chosen positions.

import {
  activation,
  bareModel,
  classifierLayout,
  classify,
  dropout,
  type EncoderBody,
  gelu,
  type HiddenStateOutputs,
  type LogitsAt,
  languageModel,
  linear,
  linearLayout,
  logitsAtPositions,
  type MaskedLMOutputs,
  type ModelDefinition,
  maskedLMHead,
  type QuestionAnsweringOutputs,
  questionAnswering,
  type SequenceClassifierOutputs,
  type TokenClassifierOutputs,
  tokenClassification,
  type VocabularyHead,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { ElectraConfig } from './config.js';
import { classifierDropout, encode, encoderLayout, WORD_EMBEDDINGS } from './encoder.js';

const PREFIX = 'electra.';

const body: EncoderBody<ElectraConfig> = {
  family: 'Electra',
  prefix: 'electra',
  layout: encoderLayout,
  encode,
  classifierDropout,
};

/** The generator's head. */
const vocabulary: VocabularyHead<ElectraConfig> = maskedLMHead(
  {
    dense: 'generator_predictions.dense',
    norm: 'generator_predictions.LayerNorm',
    decoder: 'generator_lm_head',
    wordTable: PREFIX + WORD_EMBEDDINGS,
  },
  ({ embeddingSize, layerNormEps }) => ({
    embeddingSize,
    hiddenAct: 'gelu',
    epsilon: layerNormEps,
  }),
);

export interface ReplacedTokenOutputs {
  /** `[B, S]`: above 0 means replaced */
  readonly logits: tf.Tensor2D;
}

type ElectraDefinition<Outputs> = ModelDefinition<ElectraConfig, Outputs>;

export const electraModel: ElectraDefinition<HiddenStateOutputs> = bareModel(body);

export const electraMaskedLM: ElectraDefinition<MaskedLMOutputs> = languageModel(
  'ElectraForMaskedLM',
  body,
  vocabulary,
);

/** Vocabulary logits of `ElectraForMaskedLM` at chosen positions, int32 `[B, K]` → `[B, K, V]`; the caller disposes. */
export const electraLogitsAt: LogitsAt<ElectraConfig> = logitsAtPositions(body, vocabulary);

export const electraPreTraining: ElectraDefinition<ReplacedTokenOutputs> = {
  architecture: 'ElectraForPreTraining',
  prefix: body.prefix,
  layout: (config) => ({
    ...encoderLayout(config, PREFIX),
    ...linearLayout('discriminator_predictions.dense', config.hiddenSize, config.hiddenSize),
    ...linearLayout('discriminator_predictions.dense_prediction', config.hiddenSize, 1, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const name = 'discriminator_predictions';
      const hidden = encode(params, config, PREFIX, batch, options);
      const bent = activation(config.hiddenAct, linear(params, `${name}.dense`, hidden));
      const logits = linear(params, `${name}.dense_prediction`, bent); // [B S, 1]
      return { logits: tf.reshape<tf.Rank.R2>(logits, batch.inputIds.shape) };
    }),
};

export const electraTokenClassification: ElectraDefinition<TokenClassifierOutputs> =
  tokenClassification(body);

export const electraQuestionAnswering: ElectraDefinition<QuestionAnsweringOutputs> =
  questionAnswering(body);

export const electraSequenceClassification: ElectraDefinition<SequenceClassifierOutputs> = {
  architecture: 'ElectraForSequenceClassification',
  prefix: body.prefix,
  layout: (config) => ({
    ...encoderLayout(config, PREFIX),
    ...linearLayout('classifier.dense', config.hiddenSize, config.hiddenSize),
    ...classifierLayout('classifier.out_proj', config),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const rate = classifierDropout(config);
      const first = encode(params, config, PREFIX, batch, { ...options, positions: 'first' });
      const kept = dropout(first, rate, options?.dropout, 'classifier');
      const bent = gelu(linear(params, 'classifier.dense', kept));
      return { logits: classify(params, 'classifier.out_proj', bent, rate, options) };
    }),
};

/** Google's fine-tuning head: dropout and one linear layer on the first position. Hugging Face has none such. */
export const electraGoogleClassification: ElectraDefinition<SequenceClassifierOutputs> = {
  architecture: 'ElectraGoogleClassifier',
  prefix: body.prefix,
  layout: (config) => ({
    ...encoderLayout(config, PREFIX),
    ...classifierLayout('classifier', config),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const first = encode(params, config, PREFIX, batch, { ...options, positions: 'first' });
      const rate = classifierDropout(config);
      return { logits: classify(params, 'classifier', first, rate, options) };
    }),
};
