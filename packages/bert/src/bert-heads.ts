// BERT and what stands on it: one definition per Hugging Face class.
//
// Shapes: B batch, S sequence, H hidden, V vocabulary, K chosen positions, L labels.

import {
  activation,
  affine,
  type CallOptions,
  firstRows,
  layerNorm,
  linear,
  linearLayout,
  type MaskedLMOutputs,
  type ModelDefinition,
  normLayout,
  type ParameterLayout,
  type Params,
  parameter,
  rowsAt,
  type SequenceClassifierOutputs,
  type TokenBatch,
  toSequences,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { classify } from './classifiers.js';
import type { BertConfig } from './config.js';
import { encode, encoderLayout, WORD_EMBEDDINGS } from './encoder.js';
import type { BertOutputs, BertPreTrainingOutputs } from './outputs.js';

const BODY = 'bert.';

const TIED: Readonly<Record<string, string>> = {
  'cls.predictions.decoder.weight': BODY + WORD_EMBEDDINGS,
  'cls.predictions.decoder.bias': 'cls.predictions.bias',
};

type BertDefinition<Outputs> = ModelDefinition<BertConfig, Outputs>;

export const bertModel: BertDefinition<BertOutputs> = {
  architecture: 'BertModel',
  prefix: 'bert',
  tied: {},
  layout: (config) => pooledLayout(config, ''),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, '', batch, options);
      return {
        lastHiddenState: toSequences(hidden, batch),
        poolerOutput: pool(params, '', firstRows(hidden, batch.inputIds.shape[0])),
      };
    }),
};

export const bertMaskedLM: BertDefinition<MaskedLMOutputs> = {
  architecture: 'BertForMaskedLM',
  prefix: 'bert',
  tied: TIED,
  layout: (config) => ({ ...encoderLayout(config, BODY), ...predictionsLayout(config) }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, BODY, batch, options);
      return { logits: toSequences(predictions(params, config, hidden), batch) };
    }),
};

export const bertPreTraining: BertDefinition<BertPreTrainingOutputs> = {
  architecture: 'BertForPreTraining',
  prefix: 'bert',
  tied: TIED,
  layout: (config) => ({
    ...pooledLayout(config, BODY),
    ...predictionsLayout(config),
    ...linearLayout('cls.seq_relationship', config.hiddenSize, 2, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const hidden = encode(params, config, BODY, batch, options);
      const pooled = pool(params, BODY, firstRows(hidden, batch.inputIds.shape[0]));
      return {
        predictionLogits: toSequences(predictions(params, config, hidden), batch),
        seqRelationshipLogits: linear(params, 'cls.seq_relationship', pooled),
      };
    }),
};

export const bertSequenceClassification: BertDefinition<SequenceClassifierOutputs> = {
  architecture: 'BertForSequenceClassification',
  prefix: 'bert',
  tied: {},
  layout: (config) => ({
    ...pooledLayout(config, BODY),
    ...linearLayout('classifier', config.hiddenSize, config.numLabels, 'glorot'),
  }),
  forward: (params, config, batch, options) =>
    tf.tidy(() => {
      const first = encode(params, config, BODY, batch, { ...options, positions: 'first' });
      const pooled = pool(params, BODY, first);
      return { logits: classify(params, config, 'classifier', pooled, options) };
    }),
};

/**
 * Vocabulary logits at chosen positions only, `[B, K, V]`; the caller disposes.
 *
 * @param positions int32 `[B, K]`, each from 0 to S - 1
 */
export function bertLogitsAt(
  params: Params,
  config: BertConfig,
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

function pooledLayout(config: BertConfig, prefix: string): ParameterLayout {
  const { hiddenSize: H } = config;
  return { ...encoderLayout(config, prefix), ...linearLayout(`${prefix}pooler.dense`, H, H) };
}

/** The masked-LM head; its decoder is the word table. */
function predictionsLayout({ vocabSize, hiddenSize: H }: BertConfig): ParameterLayout {
  return {
    'cls.predictions.bias': { shape: [vocabSize], init: 'zeros' },
    ...linearLayout('cls.predictions.transform.dense', H, H),
    ...normLayout('cls.predictions.transform.LayerNorm', H),
  };
}

/** tanh of a linear map of the first positions: `[B, H]` → `[B, H]`. */
function pool(params: Params, prefix: string, first: tf.Tensor2D): tf.Tensor2D {
  return tf.tanh(linear(params, `${prefix}pooler.dense`, first));
}

/** dense → activation → LayerNorm → product with the word table: `[N, H]` → `[N, V]`. */
function predictions(params: Params, config: BertConfig, hidden: tf.Tensor2D): tf.Tensor2D {
  const name = 'cls.predictions.transform';
  const bent = activation(config.hiddenAct, linear(params, `${name}.dense`, hidden));
  const normal = layerNorm(params, `${name}.LayerNorm`, bent, config.layerNormEps);
  const table = parameter<tf.Tensor2D>(params, BODY + WORD_EMBEDDINGS);
  return affine(normal, table, parameter(params, 'cls.predictions.bias'));
}
