import { expect, test } from '@jest/globals';
import { warmStart } from './warm-start.js';

const tensor = (...values: number[]) =>
  ({ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }) as const;

test('takes what fits, keeps the rest, and names both leftovers', () => {
  const first = { word: tensor(0, 0), head: tensor(1), extra: tensor(2) };
  const earlier = { word: tensor(5, 6), head: tensor(7, 8), pooler: tensor(9) };
  expect(warmStart(first, earlier)).toEqual({
    parameters: { word: tensor(5, 6), head: tensor(1), extra: tensor(2) },
    fresh: ['head', 'extra'],
    unused: ['pooler'],
  });
});

test('refuses weights of which nothing fits', () => {
  expect(() => warmStart({ a: tensor(1) }, { a: tensor(1, 2) })).toThrow(
    'no tensor of the earlier run fits',
  );
});
