// Input embeddings of BERT (Devlin et al. 2018), ALBERT and ELECTRA: word + position + segment, LayerNorm, dropout.
//
// Shapes: B batch, S sequence, E embedding, P positions of the table.

import * as tf from '@tensorflow/tfjs-core';
import { dropout } from './dropout.js';
import { embedding } from './embedding.js';
import { layerNorm } from './layer-norm.js';
import { type CallOptions, type Params, parameter, type TokenBatch } from './params.js';

export interface TokenEmbeddingOptions extends CallOptions {
  readonly epsilon: number;
  readonly dropoutRate: number;
  /** Its word vector gets no gradient. */
  readonly padTokenId?: number;
}

/**
 * Embedded tokens, `[B * S, E]`, from the tables under `name`; the caller disposes.
 *
 * @throws RangeError for a sequence longer than the position table
 */
export function tokenEmbeddings(
  params: Params,
  name: string,
  batch: TokenBatch,
  options: TokenEmbeddingOptions,
): tf.Tensor2D {
  const [B, S] = batch.inputIds.shape;
  const words = parameter<tf.Tensor2D>(params, `${name}.word_embeddings.weight`);
  const positions = parameter<tf.Tensor2D>(params, `${name}.position_embeddings.weight`);
  const segments = parameter<tf.Tensor2D>(params, `${name}.token_type_embeddings.weight`);
  const [P, E] = positions.shape;
  if (S > P) {
    throw new RangeError(
      `nn: cannot embed sequences of ${S} tokens: the model has ${P} positions.\n` +
        `Truncate to ${P} tokens, or raise max_position_embeddings of a new model.`,
    );
  }
  return tf.tidy(() => {
    const word = embedding(words, tf.reshape(batch.inputIds, [B * S]), options.padTokenId);
    const segment = embedding(segments, tf.reshape(batch.tokenTypeIds, [B * S]));
    const position = S === P ? positions : tf.slice(positions, [0, 0], [S, E]);
    const summed = tf.add(tf.reshape(tf.add(word, segment), [B, S, E]), position);
    const normal = layerNorm(
      params,
      `${name}.LayerNorm`,
      tf.reshape(summed, [B * S, E]) as tf.Tensor2D,
      options.epsilon,
    );
    return dropout(normal, options.dropoutRate, options.dropout, `${name}.dropout`);
  });
}
