// LAMB: Adam's direction, its length set per tensor by the tensor's own norm
// (You et al. 2019, https://arxiv.org/abs/1904.00962). Two codes are called LAMB and differ:
//
//   pytorch-lamb   (cybertronai/pytorch-lamb, used for the 2020 ALECTRA run)
//                  ratio = min(‖θ‖, 10) / ‖u‖ for every tensor, biases and norms included;
//                  1 where either norm is 0, so a bias that starts at zero takes full steps at first
//   google-albert  (google-research/albert, lamb_optimizer.py)
//                  ratio = ‖θ‖ / ‖u‖ without a limit; 1 for the tensors excluded from decay
//
// In both u = m / (√v + ε) + decay θ without bias correction, and θ ← θ - lr ratio u.

import * as tf from '@tensorflow/tfjs-core';
import { BIAS_AND_NORM, nameMatcher } from './exclusion.js';
import { checkRates, nextMoments } from './moments.js';
import { type Optimizer, updateEach, zeroMoments } from './optimizer.js';

export type LambFlavour = 'pytorch-lamb' | 'google-albert';

export interface LambOptions {
  readonly flavour?: LambFlavour;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
  /** Regular expressions, as strings, of names without decay; in `google-albert` also without ratio. */
  readonly excludeFromDecay?: readonly string[];
  /** Only of `pytorch-lamb`: the largest norm of a tensor that counts, 10 if left out; `Infinity` for no limit. */
  readonly maxWeightNorm?: number;
  /** Factor on the learning rate of one parameter; see `layerwiseDecay`. */
  readonly learningRateScale?: (name: string) => number;
}

/**
 * LAMB, by default in the flavour of the 2020 ALECTRA run.
 *
 * @throws RangeError for betas outside [0, 1), a negative epsilon or decay, an unknown flavour, or a limit of norms
 * that is not positive or that the flavour does not have
 */
export function lamb({
  flavour = 'pytorch-lamb',
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-6,
  weightDecay = 0.01,
  excludeFromDecay = BIAS_AND_NORM,
  maxWeightNorm,
  learningRateScale,
}: LambOptions = {}): Optimizer {
  checkRates('lamb', { beta1, beta2, epsilon, weightDecay });
  if (flavour !== 'pytorch-lamb' && flavour !== 'google-albert')
    throw new RangeError(
      `optim: lamb has no flavour "${flavour}": expected "pytorch-lamb" or "google-albert".\n` +
        'See the table in the README.',
    );
  if (maxWeightNorm !== undefined && (flavour === 'google-albert' || !(maxWeightNorm > 0)))
    throw new RangeError(
      `optim: lamb in the flavour "${flavour}" cannot use this maxWeightNorm: found ${maxWeightNorm}, expected ` +
        `${flavour === 'google-albert' ? 'none' : 'a positive number'}.\n` +
        'Leave it out; in the flavour "pytorch-lamb" it is 10 then.',
    );
  const isExcluded = nameMatcher(excludeFromDecay);
  const limit = flavour === 'pytorch-lamb' ? (maxWeightNorm ?? 10) : Number.POSITIVE_INFINITY;

  return {
    init: zeroMoments,
    update: (params, gradients, state, { learningRate, gradientScale }) =>
      tf.tidy(() =>
        updateEach('lamb', params, gradients, state, (slot) => {
          const { m, v } = nextMoments(slot, { beta1, beta2 }, gradientScale);
          const direction = tf.div(m, tf.add(tf.sqrt(v), epsilon));
          const excluded = isExcluded(slot.name);
          const u =
            weightDecay === 0 || excluded
              ? direction
              : tf.add(direction, tf.mul(slot.value, weightDecay));
          const rate = tf.mul(learningRate, learningRateScale?.(slot.name) ?? 1);
          const hasRatio = flavour === 'pytorch-lamb' || !excluded;
          const length = hasRatio ? tf.mul(rate, trustRatio(slot.value, u, limit)) : rate;
          return { value: tf.sub(slot.value, tf.mul(u, length)), m, v };
        }),
      ),
  };
}

/** min(‖θ‖, limit) / ‖u‖, or 1 where either norm is 0; `[]`. */
function trustRatio(value: tf.Tensor, u: tf.Tensor, limit: number): tf.Tensor {
  const full = norm(value);
  const weight = Number.isFinite(limit) ? tf.minimum(full, limit) : full;
  const update = norm(u);
  const bothPositive = tf.greater(tf.mul(weight, update), 0);
  // The quotient is also computed where it is not chosen: dividing by at least a tiny number keeps it finite.
  const ratio = tf.div(weight, tf.maximum(update, 1e-30));
  return tf.where(bothPositive, ratio, tf.scalar(1));
}

function norm(x: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(x)));
}
