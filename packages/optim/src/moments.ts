// The two running means that Adam and LAMB share (Kingma and Ba 2014, https://arxiv.org/abs/1412.6980).

import * as tf from '@tensorflow/tfjs-core';
import type { Slot } from './optimizer.js';

export interface MomentOptions {
  /** Decay of the mean of gradients. */
  readonly beta1: number;
  /** Decay of the mean of squared gradients. */
  readonly beta2: number;
}

/**
 * m' = β1 m + (1-β1) s g and v' = β2 v + (1-β2) (s g)², in seven full-size operations, the scale s included.
 *
 * @param scale `[]`, factor on the gradient; 1 if left out
 */
export function nextMoments(
  { gradient, m, v }: Slot,
  { beta1, beta2 }: MomentOptions,
  scale?: tf.Scalar,
): { m: tf.Tensor; v: tf.Tensor } {
  const weighted = tf.mul(gradient, scale ? tf.mul(scale, 1 - beta1) : 1 - beta1); // (1-β1) s g
  const toSquare = (1 - beta2) / (1 - beta1) ** 2;
  return {
    m: tf.add(tf.mul(m, beta1), weighted),
    v: tf.add(tf.mul(v, beta2), tf.mul(tf.square(weighted), toSquare)),
  };
}

/** @throws RangeError if a decay rate, epsilon or the weight decay is out of range */
export function checkRates(
  optimizer: string,
  rates: MomentOptions & { readonly epsilon: number; readonly weightDecay: number },
): void {
  for (const name of ['beta1', 'beta2'] as const) {
    if (!(rates[name] >= 0 && rates[name] < 1))
      fault(optimizer, name, rates[name], 'at least 0 and below 1', '0.9 and 0.999');
  }
  if (!(rates.epsilon >= 0)) fault(optimizer, 'epsilon', rates.epsilon, 'at least 0', '1e-6');
  if (!(rates.weightDecay >= 0))
    fault(optimizer, 'weightDecay', rates.weightDecay, 'at least 0', '0.01');
}

function fault(
  optimizer: string,
  name: string,
  found: number,
  expected: string,
  usual: string,
): never {
  throw new RangeError(
    `optim: ${optimizer} cannot use this ${name}: found ${found}, expected ${expected}.\n` +
      `ELECTRA uses ${usual}.`,
  );
}
