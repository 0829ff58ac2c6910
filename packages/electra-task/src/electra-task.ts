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
import { type Corrupted, corrupt, type SlotDraws } from './corrupt.js';
import { type LossOptions, modelOptions } from './draws.js';
import { binaryCrossEntropy, mean, replacedLogits } from './losses.js';
import { discriminatorSums, type MetricTensors } from './metrics.js';
import { checkTokens, type Discriminator, type Generator, type TaskTokens } from './models.js';
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
  readonly perSlot: SlotDraws;
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
  /** Both losses on one batch; `lossAndGradients` of `@alectra/optim` gives the gradients of all of `params`. */
  loss(params: Params, batch: TokenBatch, options: LossOptions): ElectraResult;
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
    discriminatorView(params, tied);
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
    params: joinWeights(generatorWeights, options.discriminatorWeights, tied),
    generatorParams: generatorView,
    discriminatorParams,
    loss,
  };
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
