// Heads that BERT and ELECTRA have in common: a linear layer over hidden states, after dropout.
//
// Shapes: B batch, S sequence, H hidden, L labels.

import {
  type CallOptions,
  dropout,
  linear,
  linearLayout,
  type ModelDefinition,
  type Params,
  type QuestionAnsweringOutputs,
  type TokenClassifierOutputs,
  toSequences,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type EncoderConfig, encode, encoderLayout } from './encoder.js';

/** Dropout with the rate of classifiers: `[N, H]` → `[N, H]`. */
export function classifierDropout(
  config: EncoderConfig,
  hidden: tf.Tensor2D,
  name: string,
  options?: CallOptions,
): tf.Tensor2D {
  const rate = config.classifierDropout ?? config.hiddenDropoutProb;
  return dropout(hidden, rate, options?.dropout, name);
}

/** Dropout, then the linear layer `name`: `[N, H]` → `[N, L]`. */
export function classify(
  params: Params,
  config: EncoderConfig,
  name: string,
  hidden: tf.Tensor2D,
  options?: CallOptions,
): tf.Tensor2D {
  return linear(params, name, classifierDropout(config, hidden, name, options));
}

/** `<Family>ForTokenClassification`. */
export function tokenClassification<Config extends EncoderConfig>(
  family: string,
  prefix: string,
): ModelDefinition<Config, TokenClassifierOutputs> {
  const body = `${prefix}.`;
  return {
    architecture: `${family}ForTokenClassification`,
    prefix,
    tied: {},
    layout: (config) => ({
      ...encoderLayout(config, body),
      ...linearLayout('classifier', config.hiddenSize, config.numLabels, 'glorot'),
    }),
    forward: (params, config, batch, options) =>
      tf.tidy(() => {
        const hidden = encode(params, config, body, batch, options);
        const logits = classify(params, config, 'classifier', hidden, options);
        return { logits: toSequences(logits, batch) };
      }),
  };
}

/** `<Family>ForQuestionAnswering`. */
export function questionAnswering<Config extends EncoderConfig>(
  family: string,
  prefix: string,
): ModelDefinition<Config, QuestionAnsweringOutputs> {
  const body = `${prefix}.`;
  return {
    architecture: `${family}ForQuestionAnswering`,
    prefix,
    tied: {},
    layout: (config) => ({
      ...encoderLayout(config, body),
      ...linearLayout('qa_outputs', config.hiddenSize, 2, 'glorot'),
    }),
    forward: (params, config, batch, options) =>
      tf.tidy(() => {
        const hidden = encode(params, config, body, batch, options);
        const [startLogits, endLogits] = tf
          .split(linear(params, 'qa_outputs', hidden), 2, 1)
          .map((part) => tf.reshape<tf.Rank.R2>(part, batch.inputIds.shape));
        return { startLogits, endLogits };
      }),
  };
}
