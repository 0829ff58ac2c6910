// Feature extraction: hidden states of tokens, or one vector for a text (Hugging Face's pipelines/feature_extraction.py;
// pooling and normalising as in sentence-transformers).
//
// Shapes: B batch, S sequence, H hidden.

import * as tf from '@tensorflow/tfjs-core';
import { checkNames, checkOneOf } from './input-error.js';
import type { Features, ModelConfig, Network, TokenBatch } from './model.js';
import {
  encodeText,
  longestText,
  makePipeline,
  type Pipeline,
  type PipelineOptions,
  type TextAndPair,
  textAndPair,
} from './pipeline.js';
import type { RowOutput } from './run-rows.js';
import { finite } from './scores.js';
import type { Kind } from './shaped-programs.js';

export interface FeatureExtractionOptions {
  /** 'none' (default, as Python): the vectors of all tokens. 'cls': the first one. 'mean': their mean. */
  readonly pooling?: Pooling;
  /** Scale vectors to length 1. Default false. */
  readonly normalize?: boolean;
  /** Cut texts that are too long, instead of refusing them. Default false. */
  readonly truncation?: boolean;
}

export type Pooling = 'none' | 'cls' | 'mean';

/** Without pooling `[1][S][H]`, as Python gives it; with pooling `[H]`. */
export type FeatureExtractionAnswer = number[][][] | number[];

export type FeatureExtractionPipeline = Pipeline<
  string | TextAndPair,
  FeatureExtractionOptions,
  FeatureExtractionAnswer
>;

export function featureExtraction<Config extends ModelConfig>(
  options: PipelineOptions<Network<Config, Features>>,
): Promise<FeatureExtractionPipeline> {
  const { model, tokenizer } = options;
  const maxTokens = longestText(options);
  const kind = (name: Pooling): Kind => ({
    name,
    step: (params, inputs) => {
      const { lastHiddenState } = model.forward(params, model.config, inputs);
      return { outputs: { features: POOL[name](lastHiddenState, inputs) } };
    },
  });
  const kinds = { none: kind('none'), cls: kind('cls'), mean: kind('mean') };
  return makePipeline<string | TextAndPair, FeatureExtractionOptions, FeatureExtractionAnswer>(
    options,
    {
      first: { kind: kinds.none, positions: 0 },
      takesPairs: true,
      prepare: (input, given) => {
        const { pooling, normalize, truncation } = checked(given);
        const { text, pair } = textAndPair(input);
        const { ids, typeIds } = encodeText(tokenizer, text, maxTokens, { pair, truncation });
        return {
          rows: [{ kind: kinds[pooling], ids, typeIds, positions: [] }],
          answer: ([{ features }]) => {
            const vectors = vectorsOf(features, pooling === 'none' ? ids.length : 1, normalize);
            return pooling === 'none' ? [vectors] : vectors[0];
          },
        };
      },
    },
  );
}

/** `[B, S, H]`, `[B, H]` or `[B, H]` */
const POOL: Readonly<Record<Pooling, (hidden: tf.Tensor3D, inputs: TokenBatch) => tf.Tensor>> = {
  none: (hidden) => hidden,
  cls: (hidden) => {
    const [B, , H] = hidden.shape;
    return tf.reshape(tf.slice(hidden, [0, 0, 0], [B, 1, H]), [B, H]);
  },
  mean: (hidden, { attentionMask }) => {
    const weights = tf.expandDims(tf.cast(attentionMask, 'float32'), 2); // [B, S, 1]
    const count = tf.maximum(tf.sum(weights, 1), 1); // [B, 1]; rows of padding have no token
    return tf.div(tf.sum(tf.mul(hidden, weights), 1), count);
  },
};

function checked(options: FeatureExtractionOptions) {
  checkNames(options, ['pooling', 'normalize', 'truncation']);
  const { pooling = 'none', normalize = false, truncation = false } = options;
  checkOneOf('pooling', pooling, ['none', 'cls', 'mean']);
  return { pooling, normalize, truncation };
}

function vectorsOf({ data, shape }: RowOutput, count: number, normalize: boolean): number[][] {
  const width = shape[shape.length - 1];
  return Array.from({ length: count }, (_, at) => {
    const vector = Array.from(finite(data.subarray(at * width, (at + 1) * width)));
    return normalize ? unit(vector) : vector;
  });
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / Math.max(length, 1e-12));
}
