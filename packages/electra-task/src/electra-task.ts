// Replaced-token detection: ELECTRA (Clark et al. 2020, https://arxiv.org/abs/2003.10555), §2.
//
// The generator guesses masked tokens; one guess per slot is drawn and written into the text; the discriminator says of
// every token whether it was replaced. A lucky guess leaves the token as it was and counts as original. Drawing is
// discrete, so the discriminator never trains the generator, but both train the weights that they share.
//
// Everything in here can be traced: static shapes, no host reads, all randomness from a key.
//
// Shapes: B batch, S sequence, K slots per row, N = B K, V vocabulary.

import { type Params, type RandomKey, scopedKey, type TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type Gradients, lossAndGradients } from './gradients.js';
import { binaryCrossEntropy, maskedTokenLoss, mean, replacedLogits } from './losses.js';
import {
  drawShown,
  idsAtSlots,
  maskIds,
  type Slots,
  selectSlots,
  slotMap,
  writeAtSlots,
} from './masking.js';
import { discriminatorSums, generatorSums, type MetricTensors } from './metrics.js';
import type { Discriminator, Generator, TaskTokens } from './models.js';
import { sampleTokens, uniformTokens } from './sampling.js';
import { completeSettings, defaultSlots, type ElectraSettings } from './settings.js';
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

/** Draws of another run, to be repeated; what is left out is drawn from the key. */
export interface GivenDraws {
  /** int32 `[B, K]` */
  readonly positions?: tf.Tensor2D;
  /** float32 `[B, K]`: 1 for live slots; all live if left out but `positions` is given. */
  readonly weights?: tf.Tensor2D;
  /** float32 `[B, K]`: 1 where [MASK] is shown. */
  readonly shown?: tf.Tensor2D;
  /** int32 `[B, K]`: the generator's samples. */
  readonly sampled?: tf.Tensor2D;
}

export interface LossOptions {
  /** Dropout on or off. Evaluation also draws from streams of its own. */
  readonly training: boolean;
  /**
   * Source of all draws. In training its counter must move with every micro-batch; in evaluation give the number of the
   * held-out batch, so that every evaluation meets the same masks.
   */
  readonly key?: RandomKey;
  readonly given?: GivenDraws;
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
 * @throws RangeError for impossible settings, or weights that cannot be tied
 */
export function electraTask<W extends Weight>(options: ElectraTaskOptions<W>): ElectraTask<W> {
  const settings = completeSettings(options.settings ?? {});
  const { tie } = settings;
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
      const { generatorLoss, slots } = corrupted.metrics;
      const { discriminatorLoss, tokens } = judged.metrics;
      const parts = [
        [generatorLoss, slots, settings.generatorWeight],
        [discriminatorLoss, tokens, settings.discriminatorWeight],
      ] as const;
      const [first, second] = parts.map(([sum, count, weight]) =>
        tf.mul(mean(sum as tf.Scalar, count as tf.Scalar), weight),
      );
      return {
        loss: tf.add<tf.Scalar>(first, second),
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
  readonly maskedIds: tf.Tensor2D;
  readonly metrics: MetricTensors;
  readonly perSlot: ElectraResult['perSlot'];
}

/** Masks, lets the generator guess, and writes one sampled guess per slot into the text. */
function corrupt(
  { generator, tokens }: ElectraTaskOptions,
  settings: ElectraSettings,
  params: Params,
  batch: TokenBatch,
  { key, training, given }: LossOptions,
): Corrupted {
  const [B, S] = batch.inputIds.shape;
  const draws = (): RandomKey => scopedKey(required(key), training ? 'task' : 'task-evaluation');
  const slots = given?.positions
    ? givenSlots(given.positions, given.weights)
    : selectSlots(batch, draws(), {
        selection: settings.maskSelection,
        probability: settings.maskProbability,
        slots: settings.maskSlots ?? defaultSlots(settings, S),
        tokens,
      });
  const K = slots.positions.shape[1];
  const atSlot = slotMap(slots, S); // [B, K, S]
  const targets = idsAtSlots(batch.inputIds, atSlot);
  const always = settings.maskTokenProbability === 1;
  const shown =
    given?.shown ??
    (always ? undefined : drawShown(draws(), [B, K], settings.maskTokenProbability));
  const maskedIds = maskIds(batch.inputIds, atSlot, tokens, shown);

  const exclude = settings.disallowCorrect ? targets : undefined;
  const flat = { targets: flatten(targets), weights: flatten(slots.weights) };
  let sampled: tf.Tensor2D;
  let metrics: MetricTensors;
  if (generator === undefined || settings.uniformGenerator) {
    sampled = given?.sampled ?? uniformTokens(draws(), [B, K], tokens.vocabSize, exclude);
    metrics = uniformSums(flat.weights, tokens.vocabSize, flatten(sampled), flat.targets);
  } else {
    const inputs = { ...batch, inputIds: maskedIds };
    const logits = tf.reshape(
      generator.logitsAt(params, inputs, slots.positions, modelOptions(key, training, 'generator')),
      [B * K, tokens.vocabSize],
    ) as tf.Tensor2D;
    sampled =
      given?.sampled ??
      tf.reshape<tf.Rank.R2>(
        sampleTokens(logits, draws(), {
          temperature: settings.temperature,
          ...(exclude ? { exclude: flatten(exclude) } : {}),
        }),
        [B, K],
      );
    const loss = maskedTokenLoss(logits, flat.targets, flat.weights);
    metrics = generatorSums({ ...flat, logits, loss, sampled: flatten(sampled) });
  }
  const mayShare = settings.maskSelection === 'google-with-replacement';
  return {
    ids: writeAtSlots(batch.inputIds, atSlot, sampled, mayShare),
    maskedIds,
    metrics,
    perSlot: { ...slots, targets, sampled },
  };
}

/** Labels every token and lets the discriminator find them. */
function judge(
  { discriminator }: ElectraTaskOptions,
  params: Params,
  batch: TokenBatch,
  corrupted: Corrupted,
  { key, training }: LossOptions,
): {
  metrics: MetricTensors;
  perToken: Pick<ElectraResult['perToken'], 'logits' | 'labels' | 'weights'>;
} {
  const weights: tf.Tensor2D = tf.cast(batch.attentionMask, 'float32');
  const labels = tf.cast(tf.notEqual<tf.Tensor2D>(corrupted.ids, batch.inputIds), 'float32');
  const inputs = { ...batch, inputIds: corrupted.ids };
  const logits = replacedLogits(
    discriminator.tokenLogits(params, inputs, modelOptions(key, training, 'discriminator')),
  );
  const loss: tf.Tensor2D = tf.mul(binaryCrossEntropy(logits, labels), weights);
  return {
    metrics: discriminatorSums({ logits, labels, weights, loss }),
    perToken: { logits, labels, weights },
  };
}

function uniformSums(
  weights: tf.Tensor1D,
  vocabSize: number,
  sampled: tf.Tensor1D,
  targets: tf.Tensor1D,
): MetricTensors {
  const slots = tf.sum<tf.Scalar>(weights);
  const hit = tf.mul(tf.cast(tf.equal(sampled, targets), 'float32'), weights);
  return {
    slots,
    generatorLoss: tf.mul<tf.Scalar>(slots, Math.log(vocabSize)),
    sampledCorrect: tf.sum<tf.Scalar>(hit),
  };
}

function givenSlots(positions: tf.Tensor2D, weights?: tf.Tensor2D): Slots {
  return { positions, weights: weights ?? tf.ones(positions.shape) };
}

/** Dropout of the two models comes from two scopes: the same bits in both would tie their noise. */
function modelOptions(
  key: RandomKey | undefined,
  training: boolean,
  scope: string,
): { dropout?: RandomKey } {
  return training && key ? { dropout: scopedKey(key, scope) } : {};
}

function flatten(x: tf.Tensor2D): tf.Tensor1D {
  return tf.reshape(x, [-1]);
}

function required(key: RandomKey | undefined): RandomKey {
  if (key) return key;
  throw new RangeError(
    'electra-task: there is nothing to draw from: found no key, expected one or all draws given.\n' +
      'Pass `key: { seed, counter }`, or `given` with positions, shown and sampled.',
  );
}
