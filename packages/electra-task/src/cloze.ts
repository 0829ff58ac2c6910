// The generator of Electric (Clark et al. 2020, https://arxiv.org/abs/2012.08561): a cloze model, which gives the
// probability of every token given its surroundings, from unmasked text. A network that sees the token itself would
// learn to copy it: the logits at a position must not depend on the token there (Google's has two towers, one reading
// from each side).
//
// Logits of all positions are needed, S / K times as many as for ELECTRA.
//
// Shapes: B batch, S sequence, K slots per row, N = B K, V vocabulary.

import { type Params, softmaxCrossEntropy, stopGradient, type TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type LossOptions, modelOptions } from './draws.js';
import { maskedTokenLoss } from './losses.js';
import { type MaskedBatch, slotRows } from './mask-batch.js';
import { maskable } from './masking.js';
import { generatorSums } from './metrics.js';
import { checkLogits, type Generator, type TaskTokens } from './models.js';

export interface Cloze {
  /** Logits at the slots, `[N, V]`, without a gradient. */
  readonly logits: tf.Tensor2D;
  readonly metrics: ReturnType<typeof generatorSums> & {
    readonly clozeLoss: tf.Scalar;
    readonly clozeTokens: tf.Scalar;
  };
  /** ln of the probability that the generator gives to each of `ids` int32 `[B, S]`: `[B, S]`, without a gradient. */
  readonly logProbability: (ids: tf.Tensor2D) => tf.Tensor2D;
}

/** Lets the generator rate every token of the unmasked batch. Call inside `tf.tidy`. */
export function cloze(
  generator: Generator,
  tokens: TaskTokens,
  params: Params,
  batch: TokenBatch,
  { slots, targets }: MaskedBatch,
  options: LossOptions,
): Cloze {
  const [B, S] = batch.inputIds.shape;
  const rowStarts = tf.reshape(tf.range(0, B * S, S, 'int32'), [B, 1]);
  const everywhere = tf.tile(tf.reshape(tf.range(0, S, 1, 'int32'), [1, S]), [B, 1]);
  const scope = modelOptions(options, 'generator');
  const everyLogit = generator.logitsAt(params, batch, everywhere as tf.Tensor2D, scope);
  checkLogits('logitsAt', everyLogit.shape, [B, S, tokens.vocabSize]);
  const all: tf.Tensor2D = tf.reshape(everyLogit, [B * S, tokens.vocabSize]);
  const candidates = slotRows(maskable(batch.inputIds, batch.attentionMask, tokens));
  const clozeLoss = maskedTokenLoss(all, slotRows(batch.inputIds), candidates);

  const fixed = stopGradient(all);
  const logits: tf.Tensor2D = tf.gather(fixed, slotRows(tf.add(slots.positions, rowStarts)));
  const rows = { targets: slotRows(targets), weights: slotRows(slots.weights) };
  const loss = maskedTokenLoss(logits, rows.targets, rows.weights);
  return {
    logits,
    metrics: {
      ...generatorSums({ ...rows, logits, loss }),
      clozeLoss: tf.sum<tf.Scalar>(clozeLoss),
      clozeTokens: tf.sum<tf.Scalar>(candidates),
    },
    logProbability: (ids) => tf.reshape(tf.neg(softmaxCrossEntropy(fixed, slotRows(ids))), [B, S]),
  };
}
