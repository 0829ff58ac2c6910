import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { sentenceFeatures } from './sentence-features.js';

tf.env().set('IS_TEST', true);

test('are the first state and the mean over tokens, whatever numbers stand at padding', () => {
  const hidden = tf.tensor3d([
    [
      [1, 2],
      [3, 6],
      [5, 7],
    ],
    [
      [4, 8],
      [100, 100],
      [-100, 1e30],
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
  const features = sentenceFeatures(hidden, mask);
  expect(features.arraySync()).toEqual([
    [1, 2, 3, 5],
    [4, 8, 4, 8],
  ]);
  expect(tf.memory().numTensors).toBe(before + 1);
});
