import { describe, expect, test } from '@jest/globals';
import { fitProbe } from './probe.js';

// A fixed cloud: three features, the second ten times as wide, the third constant.
const points = Array.from({ length: 40 }, (_, i) => [Math.sin(3 * i), 10 * Math.cos(5 * i), 7]);
const features = Float32Array.from(points.flat());

describe('fitProbe', () => {
  test('finds the coefficients of a linear score', () => {
    const scores = points.map(([a, b]) => 2 * a - 0.3 * b + 1);
    const probe = fitProbe(features, scores, { classes: 0, penalty: 1e-9 });
    for (const [n, [score]] of probe.predict(features).entries())
      expect(score).toBeCloseTo(scores[n], 4);
    expect(probe.predict(Float32Array.of(1, 10, 7))[0][0]).toBeCloseTo(0, 4);
  });

  test('with a strong penalty answers the mean', () => {
    const scores = points.map(([a]) => 2 * a + 3);
    const mean = scores.reduce((sum, score) => sum + score, 0) / 40;
    const probe = fitProbe(features, scores, { classes: 0, penalty: 1e6 });
    expect(probe.predict(features)[5][0]).toBeCloseTo(mean, 4);
  });

  test('separates three classes', () => {
    const classes = points.map(([a, b]) => (a > 0.5 ? 0 : b > 0 ? 1 : 2));
    const probe = fitProbe(features, classes, { classes: 3, penalty: 1e-5 });
    const found = probe.predict(features).map((row) => row.indexOf(Math.max(...row)));
    const right = found.filter((label, n) => label === classes[n]).length;
    expect(right).toBeGreaterThan(36);
  });

  test('reaches the minimum of its loss: probabilities have the frequencies of the classes', () => {
    const classes = points.map(([a]) => (a > -0.2 ? 1 : 0));
    const probe = fitProbe(features, classes, { classes: 2, penalty: 0.1 });
    const mean =
      probe.predict(features).reduce((sum, [a, b]) => sum + 1 / (1 + Math.exp(a - b)), 0) / 40;
    const share = classes.filter(Boolean).length / 40;
    expect(mean).toBeCloseTo(share, 4); // the bias goes free, so its gradient is the difference
  });

  test.each([
    [
      'features that do not fit',
      new Float32Array(7),
      [1, 0],
      /found 7 feature values for 2 labels/,
    ],
    ['a class too high', new Float32Array(4), [0, 2], /found the class 2, expected 0 to 1/],
    [
      'a feature that is not a number',
      Float32Array.of(1, 2, 3, Number.NaN),
      [0, 1],
      /found the feature NaN of example 1, expected finite numbers/,
    ],
    ['no examples', new Float32Array(0), [], /found 0 feature values for 0 labels/],
  ])('refuses %s', (_, given, labels, message) => {
    expect(() => fitProbe(given, labels, { classes: 2 })).toThrow(message);
  });
});
