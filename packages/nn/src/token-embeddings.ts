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
 * @throws RangeError for a sequence longer than the position table, tensors that do not belong together and, where
 *   the backend looks (`cpu`, `wasm`), ids beyond their table
 */
export function tokenEmbeddings(
  params: Params,
  name: string,
  batch: TokenBatch,
  options: TokenEmbeddingOptions,
): tf.Tensor2D {
  checkBatch(batch);
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
    const word = rowsOf('token', words, batch.inputIds, options.padTokenId);
    const segment = rowsOf('segment', segments, batch.tokenTypeIds);
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

/** Rows of `[B, S]` ids, `[B * S, E]`; `kind` is for messages. */
function rowsOf(
  kind: string,
  table: tf.Tensor2D,
  ids: tf.Tensor2D,
  paddingId?: number,
): tf.Tensor2D {
  try {
    return embedding(table, tf.reshape(ids, [ids.size]), paddingId);
  } catch (cause) {
    // Reading the ids to check them would stop a device; backends that have them at hand say which one is wrong.
    const found = /index value (\S+) is not in/.exec(String(cause))?.[1];
    if (found === undefined) throw cause;
    throw new RangeError(
      `nn: cannot embed the ${kind} id ${found}: the model's table has rows 0 to ${table.shape[0] - 1}.\n` +
        'Use the tokenizer that belongs to the model.',
      { cause },
    );
  }
}

/** @throws RangeError unless all three are `[B, S]` of the same B and S, and ids are int32 */
function checkBatch({ inputIds, attentionMask, tokenTypeIds }: TokenBatch): void {
  const shape = inputIds.shape;
  const text = ({ dtype, shape }: tf.Tensor): string => `${dtype} [${shape.join(', ')}]`;
  if (shape.length !== 2 || inputIds.size === 0 || inputIds.dtype !== 'int32') {
    throw new RangeError(
      `nn: cannot embed 'inputIds': found ${text(inputIds)}, expected int32 [batch, sequence], both at least 1.\n` +
        "Make it with tf.tensor2d(ids, [batch, sequence], 'int32').",
    );
  }
  for (const [name, tensor] of Object.entries({ attentionMask, tokenTypeIds })) {
    const isWhole = name === 'attentionMask' || tensor.dtype === 'int32'; // a mask is cast anyway
    if (isWhole && tf.util.arraysEqual(tensor.shape, shape)) continue;
    throw new RangeError(
      `nn: cannot use '${name}': found ${text(tensor)}, expected int32 [${shape.join(', ')}], as 'inputIds'.\n` +
        'Give every token its own value; other shapes would be stretched or read in another order.',
    );
  }
}
