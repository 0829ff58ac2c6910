import { expect, test } from '@jest/globals';
import { withSwappedPairs } from './augment.js';

test('adds every pair in the other order, with its label', () => {
  expect(withSwappedPairs([{ index: 0, text: 'a', textPair: 'b', label: 1 }])).toEqual([
    { index: 0, text: 'a', textPair: 'b', label: 1 },
    { index: 0, text: 'b', textPair: 'a', label: 1 },
  ]);
});

test('refuses single sentences', () => {
  expect(() => withSwappedPairs([{ index: 3, text: 'a' }])).toThrow(
    'glue: cannot swap the texts of example 3: found one text, expected a pair.',
  );
});
