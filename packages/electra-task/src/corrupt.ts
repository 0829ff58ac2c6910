// The first half of replaced-token detection: the batch with the generator's guesses written in, and the truth about it.
//
// Shapes: B batch, S sequence, K slots per row, N = B K, V vocabulary.

import type { Params, TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type Cloze, cloze } from './cloze.js';
import { drawKey, type LossOptions } from './draws.js';
import { guess } from './guess.js';
import { type MaskedBatch, maskBatch, slotRows } from './mask-batch.js';
import { writeAtSlots } from './masking.js';
import { agreement, type MetricTensors } from './metrics.js';
import type { Generator, TaskTokens } from './models.js';
import { sampleTokens, uniformTokens } from './sampling.js';
import type { ElectraSettings } from './settings.js';

/** Where something was written, and what. */
export type SlotDraws = {
  /** int32 `[B, K]` */
  readonly positions: tf.Tensor2D;
  /** float32 `[B, K]`: 1 for live slots. */
  readonly weights: tf.Tensor2D;
  /** The true ids, int32 `[B, K]`, 0 at dead slots. */
  readonly targets: tf.Tensor2D;
  /** int32 `[B, K]` */
  readonly sampled: tf.Tensor2D;
};

export interface Corruptor {
  /** Left out with `uniformGenerator`. */
  readonly generator?: Generator;
  readonly tokens: TaskTokens;
}

/** A batch as the discriminator reads it, and what is known of it. */
export interface Corrupted {
  readonly ids: tf.Tensor2D;
  /** What the generator read. */
  readonly maskedIds: tf.Tensor2D;
  /** 1 for a replaced token, `[B, S]`. */
  readonly labels: tf.Tensor2D;
  /** To be added to the discriminator's logits, `[B, S]`. */
  readonly prior?: tf.Tensor2D;
  readonly metrics: MetricTensors & Required<Pick<MetricTensors, 'slots' | 'generatorLoss'>>;
  readonly perSlot: SlotDraws;
}

/** Masks, lets the generator guess, and writes one sampled guess per slot into the text. Call inside `tf.tidy`. */
export function corrupt(
  task: Corruptor,
  settings: ElectraSettings,
  params: Params,
  batch: TokenBatch,
  options: LossOptions,
): Corrupted {
  const masked = maskBatch(batch, settings, task.tokens, options);
  const { slots, atSlot, targets } = masked;
  const { sampled, metrics, rated } = sample(task, settings, params, batch, masked, options);
  const mayShare = settings.maskSelection === 'google-with-replacement';
  const ids = writeAtSlots(batch.inputIds, atSlot, sampled, mayShare);
  const common = {
    ids,
    metrics: { ...metrics, sampledCorrect: agreement(sampled, targets, slots.weights) },
    // positions, weights and samples may be the caller's own tensors; what is returned is not
    perSlot: {
      positions: tf.clone(slots.positions),
      weights: tf.clone(slots.weights),
      targets,
      sampled: tf.clone(sampled),
    },
  };
  if (rated === undefined) {
    const labels = tf.cast(tf.notEqual<tf.Tensor2D>(ids, batch.inputIds), 'float32');
    return { ...common, maskedIds: masked.inputs.inputIds, labels };
  }
  const p = settings.maskProbability;
  return {
    ...common,
    maskedIds: tf.clone(batch.inputIds),
    labels: tf.cast(tf.greater<tf.Tensor2D>(tf.sum(atSlot, 1), 0), 'float32'),
    prior: tf.add<tf.Tensor2D>(rated.logProbability(ids), Math.log(p / (1 - p))),
  };
}

interface Sample {
  /** int32 `[B, K]` */
  readonly sampled: tf.Tensor2D;
  readonly metrics: Corrupted['metrics'];
  /** Electric only. */
  readonly rated?: Cloze;
}

/** One token per slot, from the generator, uniform, or as given. */
function sample(
  { generator, tokens }: Corruptor,
  settings: ElectraSettings,
  params: Params,
  batch: TokenBatch,
  masked: MaskedBatch,
  options: LossOptions,
): Sample {
  const { slots, targets } = masked;
  const given = options.given?.sampled;
  const exclude = settings.disallowCorrect ? targets : undefined;
  if (generator === undefined || settings.uniformGenerator) {
    const count = tf.sum<tf.Scalar>(slots.weights);
    return {
      sampled: given ?? uniformTokens(drawKey(options), targets.shape, tokens.vocabSize, exclude),
      metrics: { slots: count, generatorLoss: tf.mul(count, Math.log(tokens.vocabSize)) },
    };
  }
  const rated =
    settings.objective === 'electric'
      ? cloze(generator, tokens, params, batch, masked, options)
      : undefined;
  const { logits, metrics } = rated ?? guess(generator, tokens, params, masked, options);
  const draw = (): tf.Tensor2D =>
    tf.reshape(
      sampleTokens(logits, drawKey(options), {
        temperature: settings.temperature,
        ...(exclude ? { exclude: slotRows(exclude) } : {}),
      }),
      targets.shape,
    );
  return { sampled: given ?? draw(), metrics, ...(rated ? { rated } : {}) };
}
