import { describe, expect, test } from '@jest/globals';
import { chooseWidths, groupWidths, widthCount } from './batch-widths.js';

describe('chooseWidths', () => {
  test('takes every multiple if there are enough', () => {
    expect(chooseWidths([3, 8, 9, 30])).toEqual([8, 16, 32]);
  });

  test('gives up the width that costs least', () => {
    // 16 → 24 costs 8 tokens for one example, 8 → 16 eight for each of ten, 24 → 64 forty for each of three
    const lengths = [...new Array(10).fill(5), 12, ...new Array(3).fill(20), 60];
    expect(chooseWidths(lengths, { most: 3 })).toEqual([8, 24, 64]);
    expect(chooseWidths(lengths, { most: 1 })).toEqual([64]);
  });

  test('is as good as trying all sets', () => {
    const lengths = Array.from({ length: 60 }, (_, i) => 1 + ((i * i * 5) % 47));
    const cost = (widths: readonly number[]): number =>
      lengths.reduce((sum, length) => sum + (widths.find((width) => width >= length) ?? NaN), 0);
    const multiples = [8, 16, 24, 32, 40];
    const sets = Array.from({ length: 2 ** 5 }, (_, bits) =>
      multiples.filter((_, i) => bits & (1 << i)),
    ).filter(({ length }) => length <= 2); // and 48, which holds the longest
    const best = Math.min(...sets.map((set) => cost([...set, 48])));
    expect(cost(chooseWidths(lengths, { most: 3 }))).toBe(best);
  });

  test('never exceeds what the model can take', () => {
    expect(chooseWidths([5, 29], { widest: 30 })).toEqual([8, 30]);
    expect(chooseWidths([25, 29, 30], { widest: 30 })).toEqual([30]);
  });

  test('refuses no examples', () => {
    expect(() => chooseWidths([])).toThrow(
      'glue: cannot choose widths for batches: found no examples, expected at least one.',
    );
  });
});

test.each([
  [200, 24], // all multiples of 4
  [60, 12], // at least five batches of each
  [3, 6],
])('of %d batches an epoch, examples of 96 lengths are in %d groups', (batches, count) => {
  const lengths = Array.from({ length: 32 * batches }, (_, i) => 1 + (i % 96));
  const widths = groupWidths(lengths, batches);
  expect(widths).toHaveLength(count);
  expect(widths.every((width) => width % 4 === 0)).toBe(true);
  expect(widths.at(-1)).toBe(96);
  expect(groupWidths([40, 79], batches, { widest: 79 })).toEqual([40, 79]);
});

test.each([
  [10, 6],
  [500, 7],
  [100_000, 12],
])('a run of %d steps is worth %d widths', (steps, count) => {
  expect(widthCount(steps)).toBe(count);
});
