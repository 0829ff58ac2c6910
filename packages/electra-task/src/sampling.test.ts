import { registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { sampleTokens, uniformTokens } from './sampling.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const key = (counter = 0) => ({
  seed: tf.scalar(3, 'int32'),
  counter: tf.scalar(counter, 'int32'),
});

/** Sum of (found - expected)² / expected; `probabilities` sum to 1. */
function chiSquare(draws: ArrayLike<number>, probabilities: readonly number[]): number {
  const counts = new Array(probabilities.length).fill(0);
  for (let i = 0; i < draws.length; i++) counts[draws[i]]++;
  return probabilities.reduce(
    (sum, p, id) => sum + (counts[id] - p * draws.length) ** 2 / (p * draws.length),
    0,
  );
}

function softmaxOf(logits: readonly number[], temperature = 1): number[] {
  const e = logits.map((x) => Math.exp(x / temperature));
  const total = e.reduce((a, b) => a + b);
  return e.map((x) => x / total);
}

const LOGITS = [0.5, -1, 2, 0, 1.5, -0.5, 1, 0.2, -2, 0.9, 0.1]; // 11 ids: four blocks of 3, one id of padding
const ROWS = 2_000;
const repeated = (rows = ROWS) => tf.tile(tf.tensor2d([LOGITS]), [rows, 1]) as tf.Tensor2D;

describe('sampleTokens', () => {
  test.each([0.5, 1, 2])('draws from the softmax at temperature %d', (temperature) => {
    const draws = tf.tidy(() => sampleTokens(repeated(), key(), { temperature }).dataSync());
    // 10 degrees of freedom, p = 0.001
    expect(chiSquare(draws, softmaxOf(LOGITS, temperature))).toBeLessThan(29.6);
  });

  test('never draws an excluded id, and the others in proportion', () => {
    const exclude = () => tf.fill([ROWS], 2, 'int32') as tf.Tensor1D;
    const draws = tf.tidy(() => sampleTokens(repeated(), key(), { exclude: exclude() }).dataSync());
    expect(draws.includes(2)).toBe(false);
    const without = softmaxOf(LOGITS.map((x, id) => (id === 2 ? -1e3 : x)));
    without[2] = Number.EPSILON;
    expect(chiSquare(draws, without)).toBeLessThan(29.6);
  });

  test('takes the certain id even where all others underflow, in any block', () => {
    tf.tidy(() => {
      for (const id of [0, 5, 10]) {
        const certain = LOGITS.map((_, i) => (i === id ? 500 : -500));
        expect(sampleTokens(tf.tensor2d([certain]), key()).dataSync()[0]).toBe(id);
      }
    });
  });

  test('repeats with its key and differs with the next counter', () => {
    tf.tidy(() => {
      const [a, again, next] = [0, 0, 1].map((n) => sampleTokens(repeated(50), key(n)).dataSync());
      expect(a).toEqual(again);
      expect(a).not.toEqual(next);
    });
  });

  test('stays inside the vocabulary for sizes around a square', () => {
    tf.tidy(() => {
      for (const V of [2, 3, 8, 9, 10, 15, 16, 17]) {
        const draws = sampleTokens(tf.zeros([200, V]), key()).dataSync();
        expect([Math.min(...draws), Math.max(...draws)]).toEqual([0, V - 1]);
      }
    });
  });

  test('keeps only its result in memory', () => {
    const logits = tf.zeros<tf.Rank.R2>([4, 7]);
    const k = key();
    const before = tf.memory().numTensors;
    sampleTokens(logits, k).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('uniformTokens', () => {
  test('are uniform, without the excluded id if there is one', () => {
    tf.tidy(() => {
      const all = uniformTokens(key(), [200, 50], 8).dataSync();
      expect(chiSquare(all, new Array(8).fill(1 / 8))).toBeLessThan(24.3); // 7 degrees, p = 0.001
      const some = uniformTokens(key(), [200, 50], 8, tf.fill([200, 50], 3, 'int32')).dataSync();
      const without = new Array(8).fill(1 / 7);
      without[3] = Number.EPSILON;
      expect(some.includes(3)).toBe(false);
      expect(chiSquare(some, without)).toBeLessThan(24.3);
    });
  });
});
