import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { lossAndGradients } from './loss-and-gradients.js';

tf.env().set('IS_TEST', true);

/** (w x - 3)² at w = 2, x = 4: 25, with slopes 40 and 20. */
const squared = ({ w, x }: Readonly<Record<string, tf.Tensor>>) => {
  const error = tf.sub(tf.mul(w, x), 3);
  return { loss: tf.square(error) as tf.Scalar, inside: { error, twice: tf.mul(error, 2) } };
};

describe('loss and gradients', () => {
  test('come with everything else that the function computed', () => {
    const params = { w: tf.scalar(2), x: tf.scalar(4) };
    const { result, gradients } = lossAndGradients(params, squared);
    const values = [
      result.loss,
      result.inside.error,
      result.inside.twice,
      gradients.w,
      gradients.x,
    ];
    expect(values.map((tensor) => tensor.dataSync()[0])).toEqual([25, 5, 10, 40, 20]);
    expect(Object.keys(gradients)).toEqual(['w', 'x']);
    tf.dispose([params, result, gradients]);
  });

  test('keep nothing else in memory', () => {
    const params = { w: tf.scalar(2), x: tf.scalar(4) };
    const before = tf.memory().numTensors;
    const { result, gradients } = lossAndGradients(params, squared);
    expect(tf.memory().numTensors).toBe(before + 5);
    tf.dispose([result, gradients]);
    tf.tidy(() => void lossAndGradients(params, squared));
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(params);
  });

  test('name the parameters that have no part in the loss, and keep nothing', () => {
    const params = { w: tf.scalar(2), x: tf.scalar(4), pooler: tf.ones([2]) };
    const before = tf.memory().numTensors;
    expect(() => lossAndGradients(params, squared)).toThrow(
      'optim: no gradient for 1 parameters: found no part in the loss for pooler, expected one for every parameter.\n' +
        'Leave tensors that are not trained (a pooler) out of the weights.',
    );
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(params);
  });
});
