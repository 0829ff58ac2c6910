import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { sentenceFeatures } from './sentence-features.js';

tf.env().set('IS_TEST', true);

test('are the first state and the mean over tokens, whatever stands at padding', () => {
  const hidden = tf.tensor3d([
    [
      [1, 2],
      [3, 6],
      [5, 7],
    ],
    [
      [4, 8],
      [100, 100],
      [-100, Number.MAX_VALUE],
    ],
  ]);
  const mask = tf.tensor2d(
    [
      [1, 1, 1],
      [1, 0, 0],
    ],
    [2, 3],
    'int32',
  );
  const before = tf.memory().numTensors;
  const features = sentenceFeatures(tf.clipByValue(hidden, -1e30, 1e30), mask);
  expect(features.arraySync()).toEqual([
    [1, 2, 3, 5],
    [4, 8, 4, 8],
  ]);
  expect(tf.memory().numTensors).toBe(before + 2);
});
