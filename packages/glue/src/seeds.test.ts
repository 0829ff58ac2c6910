import { describe, expect, test } from '@jest/globals';
import { summariseSeeds } from './seeds.js';

describe('summariseSeeds', () => {
  // statistics.median, mean and stdev of Python 3.11
  test.each([
    [[50, 60, 52, 48, 70], { count: 5, median: 52, mean: 56, std: 9.055385138137417, best: 70 }],
    [[3, 1], { count: 2, median: 2, mean: 2, std: Math.SQRT2, best: 3 }],
  ])('of %j', (scores, expected) => {
    expect(summariseSeeds(scores)).toEqual(expected);
  });

  test('has no deviation for one run', () => {
    expect(summariseSeeds([7])).toEqual({ count: 1, median: 7, mean: 7, std: Number.NaN, best: 7 });
  });

  test('does not hide an undefined score', () => {
    expect(summariseSeeds([7, Number.NaN]).median).toBeNaN();
    expect(summariseSeeds([7, Number.NaN]).best).toBeNaN();
  });

  test('refuses no scores', () => {
    expect(() => summariseSeeds([])).toThrow('glue: cannot summarise seeds: found no score');
  });
});
