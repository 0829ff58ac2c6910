// Dropout (Srivastava et al. 2014) from counter-based random bits: a step's masks can be drawn again.

import * as tf from '@tensorflow/tfjs-core';
import { type RandomKey, randomBits } from './random-bits.js';

/**
 * Zeroes every element with probability `rate` and scales the others by 1 / (1 - rate).
 *
 * Without a key, or at rate 0, it returns `x` itself. The rate is rounded to a multiple of 2^-23.
 *
 * @param stream a name of its own for every place where a model drops
 */
export function dropout<T extends tf.Tensor>(
  x: T,
  rate: number,
  key: RandomKey | undefined,
  stream: number | string,
): T {
  if (!key || rate === 0) return x;
  return tf.tidy(() => {
    const bits = randomBits(key, stream, x.shape);
    const kept = tf.greaterEqual(bits, tf.scalar(Math.round(rate * 2 ** 23), 'int32'));
    return tf.mul(x, tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)));
  });
}
