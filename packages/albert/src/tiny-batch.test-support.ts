// The small sizes and the batch that tests of several packages of models use. Shapes: B batch, S sequence.

import { hostRandomBits, type TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs';

tf.env().set('IS_TEST', true); // no banner when the first tensor is made

export const B = 2;
export const S = 5;

/** An encoder's sizes, beside which ALBERT and ELECTRA have `embeddingSize`. */
export const SIZES = {
  vocabSize: 23,
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 16,
  maxPositionEmbeddings: 8,
};

/** Random ids from 1 to 22, all of them tokens of segment 0. */
export const batch: TokenBatch = {
  inputIds: tf.tensor2d(
    hostRandomBits(1, 0, 'ids', B * S).map((bits) => 1 + (bits % 22)),
    [B, S],
    'int32',
  ),
  attentionMask: tf.ones<tf.Rank.R2>([B, S], 'int32'),
  tokenTypeIds: tf.zeros<tf.Rank.R2>([B, S], 'int32'),
};
export const inputIds: tf.Tensor2D = batch.inputIds;
