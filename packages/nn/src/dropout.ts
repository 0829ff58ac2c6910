// Dropout (Srivastava et al. 2014) from counter-based random bits: a step's masks can be drawn again.
//
// One draw of 23 bits decides two elements, by 11 bits each: drawing is most of the cost.

import * as tf from '@tensorflow/tfjs-core';
import { type RandomKey, randomBits } from './random-bits.js';

/** Values of one decision, so that the rate is a multiple of 1 / 2048. */
const STEPS = 2 ** 11;
/** Where the upper decision starts in a draw. */
const UPPER = 2 ** 12;

/**
 * Zeroes elements with probability `rate` and scales the others by 1 / (1 - rate).
 *
 * Without a key, or at rate 0, it returns `x` itself. The rate is rounded to a multiple of 1/2048, at least one.
 *
 * @param rate from 0 to below 1
 * @param stream a name of its own for every place where a model drops
 * @throws RangeError for another rate
 */
export function dropout<T extends tf.Tensor>(
  x: T,
  rate: number,
  key: RandomKey | undefined,
  stream: number | string,
): T {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(
      `nn: cannot drop at rate ${rate}: expected a number from 0 to below 1.\n` +
        'It is the share of values that become zero, not of those that stay.',
    );
  }
  if (!key || rate === 0) return x;
  const dropped = Math.min(Math.max(Math.round(rate * STEPS), 1), STEPS - 1);
  return tf.tidy(() => {
    const kept = tf.reshape(keep(key, stream, x.size, dropped), x.shape);
    return tf.mul(x, tf.mul(tf.cast(kept, 'float32'), STEPS / (STEPS - dropped)));
  });
}

/** Which of `size` elements stay: each is dropped in `dropped` of 2048 cases. bool `[size]` */
function keep(key: RandomKey, stream: number | string, size: number, dropped: number): tf.Tensor1D {
  const draws = randomBits<tf.Tensor1D>(key, stream, [Math.ceil(size / 2)]);
  const int = (value: number): tf.Scalar => tf.scalar(value, 'int32');
  const upper = tf.greaterEqual<tf.Tensor1D>(draws, int(dropped * UPPER));
  const rest = tf.mod(draws, int(UPPER)); // 12 bits: twice as many values, twice the limit
  const lower = tf.greaterEqual<tf.Tensor1D>(rest, int(2 * dropped));
  return tf.slice1d(tf.concat1d([upper, lower]), 0, size);
}
