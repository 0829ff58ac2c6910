// Heads that families have in common, each a definition made from the family's body.
//
// Shapes: B batch, S sequence, H hidden, L labels.

import * as tf from '@tensorflow/tfjs-core';
import { linearLayout } from './layouts.js';
import { linear } from './linear.js';
import {
  type ClassifierSizes,
  classifierLayout,
  classify,
  type EncoderBody,
  type ModelBody,
  type PooledBody,
  pool,
  pooledLayout,
} from './model-body.js';
import type { ModelDefinition } from './model-class.js';
import type {
  HiddenStateOutputs,
  PooledOutputs,
  QuestionAnsweringOutputs,
  SequenceClassifierOutputs,
  TokenClassifierOutputs,
} from './model-outputs.js';
import { firstRows, toSequences } from './sequence-rows.js';

/** `<Family>Model`: hidden states. */
export function bareModel<Config>(
  body: ModelBody<Config>,
): ModelDefinition<Config, HiddenStateOutputs> {
  return {
    architecture: `${body.family}Model`,
    prefix: body.prefix,
    layout: (config) => body.layout(config, ''),
    forward: (params, config, batch, options) =>
      tf.tidy(() => ({
        lastHiddenState: toSequences(body.encode(params, config, '', batch, options), batch),
      })),
  };
}

/** `<Family>Model`: hidden states, and the pooler's output. */
export function pooledModel<Config extends ClassifierSizes>(
  body: PooledBody<Config>,
): ModelDefinition<Config, PooledOutputs> {
  return {
    architecture: `${body.family}Model`,
    prefix: body.prefix,
    layout: (config) => pooledLayout(body, config, ''),
    forward: (params, config, batch, options) =>
      tf.tidy(() => {
        const hidden = body.encode(params, config, '', batch, options);
        return {
          lastHiddenState: toSequences(hidden, batch),
          poolerOutput: pool(params, body.pooler, firstRows(hidden, batch.inputIds.shape[0])),
        };
      }),
  };
}

/** `<Family>ForSequenceClassification`, from the pooler's output. */
export function sequenceClassification<Config extends ClassifierSizes>(
  body: PooledBody<Config>,
): ModelDefinition<Config, SequenceClassifierOutputs> {
  const prefix = `${body.prefix}.`;
  return {
    architecture: `${body.family}ForSequenceClassification`,
    prefix: body.prefix,
    layout: (config) => ({
      ...pooledLayout(body, config, prefix),
      ...classifierLayout('classifier', config),
    }),
    forward: (params, config, batch, options) =>
      tf.tidy(() => {
        const asked = { ...options, positions: 'first' } as const;
        const first = body.encode(params, config, prefix, batch, asked);
        const pooled = pool(params, prefix + body.pooler, first);
        const rate = body.classifierDropout(config);
        return { logits: classify(params, 'classifier', pooled, rate, options) };
      }),
  };
}

/** `<Family>ForTokenClassification`. */
export function tokenClassification<Config extends ClassifierSizes>(
  body: EncoderBody<Config>,
): ModelDefinition<Config, TokenClassifierOutputs> {
  const prefix = `${body.prefix}.`;
  return {
    architecture: `${body.family}ForTokenClassification`,
    prefix: body.prefix,
    layout: (config) => ({
      ...body.layout(config, prefix),
      ...classifierLayout('classifier', config),
    }),
    forward: (params, config, batch, options) =>
      tf.tidy(() => {
        const hidden = body.encode(params, config, prefix, batch, options);
        const rate = body.classifierDropout(config);
        return {
          logits: toSequences(classify(params, 'classifier', hidden, rate, options), batch),
        };
      }),
  };
}

/** `<Family>ForQuestionAnswering`. */
export function questionAnswering<Config extends ClassifierSizes>(
  body: EncoderBody<Config>,
): ModelDefinition<Config, QuestionAnsweringOutputs> {
  const prefix = `${body.prefix}.`;
  return {
    architecture: `${body.family}ForQuestionAnswering`,
    prefix: body.prefix,
    layout: (config) => ({
      ...body.layout(config, prefix),
      ...linearLayout('qa_outputs', config.hiddenSize, 2, 'glorot'),
    }),
    forward: (params, config, batch, options) =>
      tf.tidy(() => {
        const hidden = body.encode(params, config, prefix, batch, options);
        const logits = linear(params, 'qa_outputs', hidden); // [B S, 2]
        const [startLogits, endLogits] = tf
          .split(logits, 2, 1)
          .map((part) => tf.reshape<tf.Rank.R2>(part, batch.inputIds.shape));
        return { startLogits, endLogits };
      }),
  };
}
