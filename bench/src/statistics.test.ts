import { expect, test } from '@jest/globals';
import { median, pairedRatio } from './statistics.js';

test('the median ignores one slow step', () => {
  expect(median([1, 1, 100])).toBe(1);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow('a median needs at least one value');
});

test('a ratio is taken round by round, so that a slow round counts once', () => {
  // the machine is five times slower in the last round, for both
  expect(pairedRatio([1, 1, 5], [2, 2, 10])).toBe(2);
});

test('a ratio of unequal rounds is refused', () => {
  expect(() => pairedRatio([1, 1], [2])).toThrow('found 2 and 1');
});
