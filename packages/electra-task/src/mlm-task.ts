// Plain masked language modelling with the same masking: the baseline that ELECTRA is compared with
// (google-research/electra with electra_objective off: dynamic masking, [MASK] or the token itself, no sentence task).
//
// Shapes: B batch, S sequence, K slots per row, N = B K, V vocabulary.

import type { Params, TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { LossOptions } from './draws.js';
import { guess } from './guess.js';
import { mean } from './losses.js';
import { maskBatch } from './mask-batch.js';
import type { MetricTensors } from './metrics.js';
import { checkTokens, type Generator, type TaskTokens } from './models.js';
import { completeSettings, type ElectraSettings } from './settings.js';
import { generatorView, joinWeights, type Weight, type Weights } from './tying.js';

export interface MlmTaskOptions<W extends Weight = Weight> {
  readonly model: Generator;
  /** First values under the model's own names, each tensor once. */
  readonly weights: Weights<W>;
  readonly tokens: TaskTokens;
  /** Of these only the masking counts. */
  readonly settings?: Partial<ElectraSettings>;
}

/** The caller disposes all tensors. */
export type MlmResult = {
  /** Mean cross-entropy over live slots, `[]`. */
  readonly loss: tf.Scalar;
  /** The generator's entries of `METRIC_NAMES`; all `[]`. */
  readonly metrics: MetricTensors;
};

export interface MlmTask<W extends Weight = Weight> {
  readonly settings: ElectraSettings;
  /** The flat record to start from: `generator.<name>`, as in the joint task. */
  readonly params: Record<string, W>;
  /** The model's own names. */
  generatorParams<T>(params: Readonly<Record<string, T>>): Record<string, T>;
  loss(params: Params, batch: TokenBatch, options: LossOptions): MlmResult;
}

/**
 * Masked language modelling of one model.
 *
 * @throws RangeError for impossible settings or tokens
 */
export function mlmTask<W extends Weight>(options: MlmTaskOptions<W>): MlmTask<W> {
  const settings = completeSettings(options.settings ?? {});
  const { model, tokens } = options;
  checkTokens(tokens);
  const loss: MlmTask['loss'] = (params, batch, lossOptions) =>
    tf.tidy(() => {
      const masked = maskBatch(batch, settings, tokens, lossOptions);
      const { metrics } = guess(model, tokens, generatorView(params), masked, lossOptions);
      return { loss: mean(metrics.generatorLoss, metrics.slots), metrics };
    });
  return {
    settings,
    params: joinWeights<W>(options.weights, {}, {}),
    generatorParams: generatorView,
    loss,
  };
}
