import { expect, test } from '@jest/globals';
import { largest } from './largest.js';

test('the largest come first, of equal ones the earlier', () => {
  expect(largest([1, 5, 3, 5, -2, 4], 3)).toEqual([1, 3, 5]);
  expect(largest([7, 7, 7], 2)).toEqual([0, 1]);
});

test('no more than there are', () => {
  expect(largest([2, 1], 5)).toEqual([0, 1]);
});

test.each([1, 2, 7, 100, 1000])('%i of 1000 as sorting gives them', (k) => {
  const values = Float32Array.from({ length: 1000 }, (_, at) => (at * 7919) % 613);
  const sorted = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
  expect(largest(values, k)).toEqual(sorted.slice(0, k));
});
