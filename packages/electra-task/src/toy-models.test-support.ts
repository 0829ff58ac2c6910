// A user's own pair of models: the task needs two functions and nothing of this project's model packages.
//
// Both look at a token and its left neighbour only. Shapes: B batch, S sequence, K slots, V vocabulary, E width.

import { affine, embedding, initialize, type Params, type TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { Discriminator, Generator, TaskTokens } from './models.js';
import type { Tying, Weights } from './tying.js';

export const toyTokens: TaskTokens = { vocabSize: 40, mask: 4, neverMasked: [2, 3, 4] };

/** Sum of the embeddings of every token, its left neighbour, its position and its segment, `[B S, E]`. */
function encode(params: Params, { inputIds, tokenTypeIds }: TokenBatch): tf.Tensor2D {
  const [B, S] = inputIds.shape;
  const left = tf.pad(tf.slice(inputIds, [0, 0], [B, S - 1]), [
    [0, 0],
    [1, 0],
  ]);
  const rows = (table: string, ids: tf.Tensor): tf.Tensor2D =>
    embedding(params[`embeddings.${table}.weight`] as tf.Tensor2D, tf.reshape(ids, [B * S]));
  const places = tf.tile(tf.range(0, S, 1, 'int32'), [B]);
  const sum = tf.addN([
    rows('word_embeddings', inputIds),
    rows('position_embeddings', places),
    rows('token_type_embeddings', tokenTypeIds),
    tf.mul(rows('word_embeddings', left), 0.5),
  ]);
  return tf.tanh(
    affine(sum as tf.Tensor2D, params['mix.weight'] as tf.Tensor2D, params['mix.bias']),
  );
}

export const toyGenerator: Generator = {
  logitsAt(params, inputs, positions) {
    const [B, S] = inputs.inputIds.shape;
    const K = positions.shape[1];
    const hidden = encode(params, inputs); // [B S, E]
    const rowStarts = tf.expandDims(tf.range(0, B * S, S, 'int32'), 1);
    const picked = embedding(hidden, tf.reshape(tf.add(positions, rowStarts), [B * K]));
    const table = params['embeddings.word_embeddings.weight'] as tf.Tensor2D;
    return tf.reshape(affine(picked, table, params['output.bias']), [B, K, table.shape[0]]);
  },
};

export const toyDiscriminator: Discriminator = {
  tokenLogits(params, inputs) {
    const [B, S] = inputs.inputIds.shape;
    const logits = affine(
      encode(params, inputs),
      params['classifier.weight'] as tf.Tensor2D,
      params['classifier.bias'],
    );
    return tf.reshape<tf.Rank.R3>(logits, [B, S, 2]);
  },
};

const V = toyTokens.vocabSize;
const E = 8;
const body = {
  'embeddings.word_embeddings.weight': { shape: [V, E], init: 'normal' },
  'embeddings.position_embeddings.weight': { shape: [16, E], init: 'normal' },
  'embeddings.token_type_embeddings.weight': { shape: [2, E], init: 'normal' },
  'mix.weight': { shape: [E, E], init: 'normal' },
  'mix.bias': { shape: [E], init: 'normal' },
} as const;

const toyGeneratorWeights: Weights = initialize(
  { ...body, 'output.bias': { shape: [V], init: 'zeros' } },
  { seed: 1, standardDeviation: 0.5 },
);
export const toyDiscriminatorWeights: Weights = initialize(
  {
    ...body,
    'classifier.weight': { shape: [2, E], init: 'normal' },
    'classifier.bias': { shape: [2], init: 'zeros' },
  },
  { seed: 2, standardDeviation: 0.5 },
);

/** The pair and its weights, as the tasks take them. */
export const toyModels: {
  readonly generator: Generator;
  readonly discriminator: Discriminator;
  readonly generatorWeights: Weights;
  readonly discriminatorWeights: Weights;
  readonly tokens: TaskTokens;
} = {
  generator: toyGenerator,
  discriminator: toyDiscriminator,
  generatorWeights: toyGeneratorWeights,
  discriminatorWeights: toyDiscriminatorWeights,
  tokens: toyTokens,
};

/** Tied parts that the toy models have. */
export const toyTie: Tying = {
  mode: 'share',
  word: true,
  position: true,
  segment: true,
  norm: false,
  projection: false,
  encoder: false,
};

/** Rows [CLS] tokens [SEP] padding of the given lengths, with ids from 5 on. */
export function toyBatch(lengths: readonly number[], width: number): TokenBatch {
  const ids: number[] = [];
  const mask: number[] = [];
  lengths.forEach((length, row) => {
    for (let s = 0; s < width; s++) {
      const inside = 5 + ((7 * s + 11 * row + s * s) % (V - 5));
      ids.push(s === 0 ? 2 : s === length - 1 ? 3 : s < length ? inside : 0);
      mask.push(s < length ? 1 : 0);
    }
  });
  const shape: [number, number] = [lengths.length, width];
  return {
    inputIds: tf.tensor2d(ids, shape, 'int32'),
    attentionMask: tf.tensor2d(mask, shape, 'int32'),
    tokenTypeIds: tf.zeros(shape, 'int32'),
  };
}

/** Host weights as tensors. */
export function onEngine(weights: Weights): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, w]) => [
      name,
      w instanceof tf.Tensor ? w : tf.tensor(w.data, [...w.shape], w.dtype),
    ]),
  );
}
