// GPT and what stands on it: one definition per Hugging Face class, each a layout and a pure function.
//
// Shapes: B batch, S sequence, H hidden, V vocabulary, K chosen positions.

import {
  affine,
  bareModel,
  type HiddenStateOutputs,
  type LogitsAt,
  languageModel,
  logitsAtPositions,
  type ModelBody,
  type ModelDefinition,
  type ParameterLayout,
  parameter,
  rowsAt,
  type SequenceClassifierOutputs,
  type TokenBatch,
  type VocabularyHead,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { GptConfig } from './config.js';
import { decode, decoderLayout, WORD_EMBEDDINGS } from './decoder.js';

const PREFIX = 'transformer.';

const body: ModelBody<GptConfig> = {
  family: 'OpenAIGPT',
  prefix: 'transformer',
  layout: decoderLayout,
  encode: decode,
};

const LM_HEAD = 'lm_head.weight';

/** One matrix: the word table, unless the config says otherwise. */
const vocabulary: VocabularyHead<GptConfig> = {
  tied: ({ tieWordEmbeddings = true }): Record<string, string> =>
    tieWordEmbeddings ? { [LM_HEAD]: PREFIX + WORD_EMBEDDINGS } : {},
  layout: ({ tieWordEmbeddings = true, vocabSize, nEmbd }): ParameterLayout =>
    tieWordEmbeddings ? {} : { [LM_HEAD]: { shape: [vocabSize, nEmbd], init: 'linear' } },
  predict: (params, { tieWordEmbeddings = true }, hidden) =>
    affine(hidden, parameter(params, tieWordEmbeddings ? PREFIX + WORD_EMBEDDINGS : LM_HEAD)),
};

export interface CausalLMOutputs {
  /** `[B, S, V]`: of the token that follows each position */
  readonly logits: tf.Tensor3D;
}

type GptDefinition<Outputs> = ModelDefinition<GptConfig, Outputs>;

export const gptModel: GptDefinition<HiddenStateOutputs> = bareModel(body);

export const gptLMHead: GptDefinition<CausalLMOutputs> = languageModel(
  'OpenAIGPTLMHeadModel',
  body,
  vocabulary,
);

/** Vocabulary logits of `OpenAIGPTLMHeadModel` at chosen positions, int32 `[B, K]` → `[B, K, V]`; the caller disposes. */
export const gptLogitsAt: LogitsAt<GptConfig> = logitsAtPositions(body, vocabulary);

export const gptSequenceClassification: GptDefinition<SequenceClassifierOutputs> = {
  architecture: 'OpenAIGPTForSequenceClassification',
  prefix: body.prefix,
  layout: (config) => ({
    ...decoderLayout(config, PREFIX),
    'score.weight': { shape: [config.numLabels, config.nEmbd], init: 'linear' },
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = decode(params, config, PREFIX, batch, options);
      const last = rowsAt(hidden, batch, lastPositions(config, batch)); // [B, H]
      return { logits: affine(last, parameter(params, 'score.weight')) };
    }),
};

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
