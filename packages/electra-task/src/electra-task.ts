// Replaced-token detection: ELECTRA (Clark et al. 2020, https://arxiv.org/abs/2003.10555), §2.
//
// The generator guesses masked tokens; one guess per slot is drawn and written into the text; the discriminator says of
// every token whether it was replaced. A lucky guess leaves the token as it was and counts as original. Drawing is
// discrete, so the discriminator never trains the generator, but both train the weights that they share.
//
// Everything in here can be traced: static shapes, no host reads, all randomness from a key.
//
// Shapes: B batch, S sequence, K slots per row, N = B K, V vocabulary.

import type { Params, TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type Cloze, cloze } from './cloze.js';
import { drawKey, type LossOptions, modelOptions } from './draws.js';
import { type Gradients, lossAndGradients } from './gradients.js';
import { guess } from './guess.js';
import { binaryCrossEntropy, mean, replacedLogits } from './losses.js';
import { type MaskedBatch, maskBatch, slotRows } from './mask-batch.js';
import { writeAtSlots } from './masking.js';
import { agreement, discriminatorSums, type MetricTensors } from './metrics.js';
import { checkTokens, type Discriminator, type Generator, type TaskTokens } from './models.js';
import { sampleTokens, uniformTokens } from './sampling.js';
import { completeSettings, type ElectraSettings } from './settings.js';
import {
  discriminatorView,
  generatorView,
  joinWeights,
  type TiedNames,
  type TieKey,
  tiedNames,
  type Weight,
  type Weights,
} from './tying.js';

export interface ElectraTaskOptions<W extends Weight = Weight> {
  /** Left out with `uniformGenerator`. */
  readonly generator?: Generator;
  readonly discriminator: Discriminator;
  /** First values (or any tensors of the right shapes) under the model's own names, each tensor once. */
  readonly generatorWeights?: Weights<W>;
  readonly discriminatorWeights: Weights<W>;
  readonly tokens: TaskTokens;
  readonly settings?: Partial<ElectraSettings>;
  /** How parameter names of other families are matched for tying. */
  readonly tieKey?: TieKey;
}

/** Everything one call computes. The caller disposes all tensors. */
export type ElectraResult = {
  /** generatorWeight x generator loss + discriminatorWeight x discriminator loss, `[]`. */
  readonly loss: tf.Scalar;
  /** Sums and counts, see `METRIC_NAMES`; all `[]`. */
  readonly metrics: MetricTensors;
  readonly perSlot: {
    /** int32 `[B, K]` */
    readonly positions: tf.Tensor2D;
    /** float32 `[B, K]` */
    readonly weights: tf.Tensor2D;
    /** The true ids, int32 `[B, K]`, 0 at dead slots. */
    readonly targets: tf.Tensor2D;
    /** int32 `[B, K]` */
    readonly sampled: tf.Tensor2D;
  };
  readonly perToken: {
    /** What the generator read, int32 `[B, S]`. */
    readonly maskedIds: tf.Tensor2D;
    /** What the discriminator read, int32 `[B, S]`. */
    readonly corruptedIds: tf.Tensor2D;
    /** `[B, S]` */
    readonly logits: tf.Tensor2D;
    /** 1 for a replaced token, float32 `[B, S]`. */
    readonly labels: tf.Tensor2D;
    /** 1 for a token, 0 for padding, float32 `[B, S]`. */
    readonly weights: tf.Tensor2D;
  };
};

export interface ElectraTask<W extends Weight = Weight> {
  readonly settings: ElectraSettings;
  /** The flat record to start from: `generator.<name>`, `discriminator.<name>`; a shared tensor once, as the former. */
  readonly params: Record<string, W>;
  /** The generator's own names, for its functions or for export. */
  generatorParams<T>(params: Readonly<Record<string, T>>): Record<string, T>;
  /** The discriminator's own names, shared tensors included. */
  discriminatorParams<T>(params: Readonly<Record<string, T>>): Record<string, T>;
  /** Both losses on one batch. */
  loss(params: Params, batch: TokenBatch, options: LossOptions): ElectraResult;
  /** The same with the gradients of all of `params`. */
  lossAndGradients(
    params: Params,
    batch: TokenBatch,
    options: LossOptions,
  ): Gradients<ElectraResult>;
}

/**
 * The task for one pair of models.
 *
 * @throws RangeError for impossible settings or tokens, or weights that cannot be tied
 */
export function electraTask<W extends Weight>(options: ElectraTaskOptions<W>): ElectraTask<W> {
  const settings = completeSettings(options.settings ?? {});
  const { tie } = settings;
  checkTokens(options.tokens);
  if (!settings.uniformGenerator && !(options.generator && options.generatorWeights))
    throw new RangeError(
      'electra-task: there is no generator, expected one with its weights.\n' +
        'Pass `generator` and `generatorWeights`, or set uniformGenerator.',
    );
  const generatorWeights = settings.uniformGenerator ? {} : (options.generatorWeights ?? {});
  const tied: TiedNames = settings.uniformGenerator
    ? {}
    : tiedNames(generatorWeights, options.discriminatorWeights, tie, options.tieKey);
  const discriminatorParams = <T>(params: Readonly<Record<string, T>>): Record<string, T> =>
    discriminatorView(params, tied, tie.mode);
  const loss: ElectraTask['loss'] = (params, batch, lossOptions) =>
    tf.tidy(() => {
      const corrupted = corrupt(options, settings, generatorView(params), batch, lossOptions);
      const judged = judge(options, discriminatorParams(params), batch, corrupted, lossOptions);
      const { generatorLoss, slots, clozeLoss, clozeTokens } = corrupted.metrics;
      const { discriminatorLoss, tokens } = judged.metrics;
      return {
        loss: tf.add<tf.Scalar>(
          tf.mul(mean(clozeLoss ?? generatorLoss, clozeTokens ?? slots), settings.generatorWeight),
          tf.mul(mean(discriminatorLoss, tokens), settings.discriminatorWeight),
        ),
        metrics: { ...corrupted.metrics, ...judged.metrics },
        perSlot: corrupted.perSlot,
        perToken: {
          ...judged.perToken,
          maskedIds: corrupted.maskedIds,
          corruptedIds: corrupted.ids,
        },
      };
    });

  return {
    settings,
    params: joinWeights(generatorWeights, options.discriminatorWeights, tied, tie.mode),
    generatorParams: generatorView,
    discriminatorParams,
    loss,
    lossAndGradients: (params, batch, lossOptions) =>
      lossAndGradients(params, (values) => loss(values, batch, lossOptions)),
  };
}

interface Corrupted {
  readonly ids: tf.Tensor2D;
  /** What the generator read. */
  readonly maskedIds: tf.Tensor2D;
  /** 1 for a replaced token, `[B, S]`. */
  readonly labels: tf.Tensor2D;
  /** To be added to the discriminator's logits, `[B, S]`. */
  readonly prior?: tf.Tensor2D;
  readonly metrics: MetricTensors & Required<Pick<MetricTensors, 'slots' | 'generatorLoss'>>;
  readonly perSlot: ElectraResult['perSlot'];
}

/** Masks, lets the generator guess, and writes one sampled guess per slot into the text. */
function corrupt(
  task: ElectraTaskOptions,
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
  { generator, tokens }: ElectraTaskOptions,
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

/** Lets the discriminator find what was replaced. */
function judge(
  { discriminator }: ElectraTaskOptions,
  params: Params,
  batch: TokenBatch,
  { ids, labels, prior }: Corrupted,
  options: LossOptions,
): {
  metrics: ReturnType<typeof discriminatorSums>;
  perToken: Pick<ElectraResult['perToken'], 'logits' | 'labels' | 'weights'>;
} {
  const weights: tf.Tensor2D = tf.cast(batch.attentionMask, 'float32');
  const inputs = { ...batch, inputIds: ids };
  const own = replacedLogits(
    discriminator.tokenLogits(params, inputs, modelOptions(options, 'discriminator')),
    batch.inputIds.shape,
  );
  const logits = prior ? tf.add<tf.Tensor2D>(own, prior) : own;
  const loss: tf.Tensor2D = tf.mul(binaryCrossEntropy(logits, labels), weights);
  return {
    metrics: discriminatorSums({ logits, labels, weights, loss }),
    perToken: { logits, labels, weights },
  };
}
