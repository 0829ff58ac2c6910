// What the generator makes of a masked batch: logits at the slots, and how good they are.
//
// Shapes: N slots of the batch, V vocabulary.

import type { Params } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type LossOptions, modelOptions } from './draws.js';
import { maskedTokenLoss } from './losses.js';
import { type MaskedBatch, slotRows } from './mask-batch.js';
import { generatorSums } from './metrics.js';
import { checkLogits, type Generator, type TaskTokens } from './models.js';

/** The generator's logits `[N, V]` at the slots, with their sums. Call inside `tf.tidy`. */
export function guess(
  generator: Generator,
  { vocabSize }: TaskTokens,
  params: Params,
  { inputs, slots, targets }: MaskedBatch,
  options: LossOptions,
): { logits: tf.Tensor2D; metrics: ReturnType<typeof generatorSums> } {
  const atSlots = generator.logitsAt(
    params,
    inputs,
    slots.positions,
    modelOptions(options, 'generator'),
  );
  checkLogits('logitsAt', atSlots.shape, [...slots.positions.shape, vocabSize]);
  const logits: tf.Tensor2D = tf.reshape(atSlots, [-1, vocabSize]);
  const rows = { targets: slotRows(targets), weights: slotRows(slots.weights) };
  const loss = maskedTokenLoss(logits, rows.targets, rows.weights);
  return { logits, metrics: generatorSums({ ...rows, logits, loss }) };
}
