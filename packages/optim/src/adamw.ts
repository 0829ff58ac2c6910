// Adam with decoupled weight decay (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101), with
// bias correction as torch.optim.AdamW does it, or without, as BERT's, ALBERT's and ELECTRA's code does.
//
//   m ← β1 m + (1-β1) g        v ← β2 v + (1-β2) g²        θ ← θ - lr (m / (√v + ε) + decay θ)
//
// Without correction the very first step is 0.1 / √0.001 = 3.162 times the learning rate for every element,
// which is a reason why warm-up matters.

import * as tf from '@tensorflow/tfjs-core';
import { BIAS_AND_NORM, nameMatcher } from './exclusion.js';
import { checkRates, nextMoments } from './moments.js';
import { type Optimizer, updateEach, zeroMoments } from './optimizer.js';

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decay per unit of learning rate, decoupled from the moments. */
  readonly weightDecay?: number;
  /** Regular expressions, as strings, of names without decay. */
  readonly excludeFromDecay?: readonly string[];
  /** Divide the moments by 1 - β^step, as torch does. ELECTRA does not. */
  readonly biasCorrection?: boolean;
  /** Factor on the learning rate of one parameter; see `layerwiseDecay`. */
  readonly learningRateScale?: (name: string) => number;
}

/**
 * AdamW. The defaults are ELECTRA's: no bias correction, decay 0.01 but for biases and norms.
 *
 * @throws RangeError for betas outside [0, 1), a negative epsilon or decay
 */
export function adamw({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-6,
  weightDecay = 0.01,
  excludeFromDecay = BIAS_AND_NORM,
  biasCorrection = false,
  learningRateScale,
}: AdamWOptions = {}): Optimizer {
  checkRates('adamw', { beta1, beta2, epsilon, weightDecay });
  const isExcluded = nameMatcher(excludeFromDecay);

  return {
    init: zeroMoments,
    update: (params, gradients, state, { learningRate, step, gradientScale }) =>
      tf.tidy(() => {
        // m/c1 / (√(v/c2) + ε) = (√c2/c1) m / (√v + ε√c2): the correction touches two scalars only.
        const c1 = biasCorrection ? oneMinusPower(beta1, step) : undefined;
        const rootC2 = biasCorrection ? tf.sqrt(oneMinusPower(beta2, step)) : undefined;
        const rate: tf.Scalar =
          c1 && rootC2 ? tf.mul(learningRate, tf.div(rootC2, c1)) : learningRate;
        const floor = rootC2 ? tf.mul(rootC2, epsilon) : epsilon;

        return updateEach('adamw', params, gradients, state, (slot) => {
          const { m, v } = nextMoments(slot, { beta1, beta2 }, gradientScale);
          const direction = tf.div(m, tf.add(tf.sqrt(v), floor));
          const scale = learningRateScale?.(slot.name) ?? 1;
          const adaptive = tf.mul(direction, scaled(rate, scale));
          // Not θ (1 - lr decay): in float32 that factor is off by percents, or 1, at small learning rates.
          const decay = tf.mul(learningRate, weightDecay * scale);
          const change =
            weightDecay === 0 || isExcluded(slot.name)
              ? adaptive
              : tf.add(adaptive, tf.mul(slot.value, decay));
          const value = tf.sub(slot.value, change);
          return { value, m, v };
        });
      }),
  };
}

/**
 * 1 - beta^step without the cancellation that costs four digits in float32 at step 1 and beta 0.999:
 * 1 - exp(-2y) = 2 tanh(y) / (1 + tanh(y)).
 */
function oneMinusPower(beta: number, step: tf.Scalar): tf.Scalar {
  if (beta === 0) return tf.scalar(1);
  const t = tf.tanh(tf.mul(tf.cast(step, 'float32'), -Math.log(beta) / 2));
  return tf.div(tf.mul(t, 2), tf.add(t, 1));
}

function scaled(rate: tf.Scalar, scale: number): tf.Scalar {
  return scale === 1 ? rate : tf.mul(rate, scale);
}
