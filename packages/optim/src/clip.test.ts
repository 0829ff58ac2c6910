import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { clipByGlobalNorm, globalNorm, globalNormScale } from './clip.js';

tf.env().set('IS_TEST', true);

const numbers = (x: tf.Tensor | undefined): number[] => [...(x?.dataSync() ?? [])];

describe('clipByGlobalNorm', () => {
  test('scales all gradients by one factor to the joint norm', () => {
    tf.tidy(() => {
      const { gradients, norm } = clipByGlobalNorm(
        { a: tf.tensor1d([3]), b: tf.tensor2d([[0, 4]]) },
        1,
      );
      expect(norm.dataSync()[0]).toBeCloseTo(5, 6);
      expect(numbers(gradients.a)[0]).toBeCloseTo(0.6, 6);
      expect(numbers(gradients.b)).toEqual([0, expect.closeTo(0.8, 6)]);
    });
  });

  test('leaves gradients within the limit as they are, to the bit', () => {
    tf.tidy(() => {
      const { gradients } = clipByGlobalNorm({ a: tf.tensor1d([0.3, -0.1234567]) }, 1);
      expect(numbers(gradients.a)).toEqual(numbers(tf.tensor1d([0.3, -0.1234567])));
    });
  });

  test('counts a tensor under two names once and keeps it one tensor', () => {
    tf.tidy(() => {
      const g = tf.tensor1d([3, 4]);
      const { gradients, norm } = clipByGlobalNorm({ a: g, b: g }, 1);
      expect(norm.dataSync()[0]).toBeCloseTo(5, 6);
      expect(gradients.a).toBe(gradients.b);
    });
  });

  test('gives the factor and the norm of nothing as 1 and 0', () => {
    tf.tidy(() => {
      const { scale, norm } = globalNormScale({}, 1);
      expect([scale.dataSync()[0], norm.dataSync()[0]]).toEqual([1, 0]);
    });
  });

  test('passes a NaN on to the norm, where a guard can see it', () => {
    tf.tidy(() => {
      const { norm, gradients } = clipByGlobalNorm({ a: tf.tensor1d([Number.NaN, 1]) }, 1);
      expect(norm.dataSync()[0]).toBeNaN();
      expect(numbers(gradients.a)[1]).toBeNaN();
    });
  });

  test('keeps only its results in memory', () => {
    const a = tf.tensor1d([3, 4]);
    const before = tf.memory().numTensors;
    const { gradients, norm } = clipByGlobalNorm({ a }, 1);
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([gradients, norm]);
    globalNorm({ a }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses a limit that is not positive', () => {
    expect(() => clipByGlobalNorm({}, 0)).toThrow(
      'optim: cannot clip gradients to norm 0: expected a positive number.\nELECTRA uses 1;',
    );
  });
});
