import { describe, expect, test } from '@jest/globals';
import { permutation } from './permutation.js';

describe('permutation', () => {
  test.each([1, 2, 3, 5, 16, 17, 100, 1023, 4096, 10_007])('of %i items is a bijection', (size) => {
    const at = permutation(size, [7, 3]);
    const seen = new Set(Array.from({ length: size }, (_, i) => at(i)));
    expect(seen.size).toBe(size);
    expect(Math.min(...seen)).toBe(0);
    expect(Math.max(...seen)).toBe(size - 1);
  });

  test('stays in range at the largest size', () => {
    const at = permutation(2 ** 31, [1]);
    for (let i = 0; i < 1000; i++) {
      const index = at(2 ** 31 - 1 - i);
      expect(index).toBeGreaterThanOrEqual(0);
      expect(index).toBeLessThan(2 ** 31);
    }
  });

  test('of different keys agrees no more than chance allows', () => {
    const size = 10_000;
    const keys = [
      [0, 0],
      [0, 1],
      [1, 0],
      [0, 0, 0],
      [256, 0],
    ];
    for (const a of keys)
      for (const b of keys) {
        if (a === b) continue;
        const [p, q] = [permutation(size, a), permutation(size, b)];
        let equal = 0;
        for (let i = 0; i < size; i++) if (p(i) === q(i)) equal++;
        expect(equal).toBeLessThan(8); // one is expected
      }
  });

  test('spreads neighbours: the mean distance is a third of the size', () => {
    const size = 10_000;
    const at = permutation(size, [42]);
    let sum = 0;
    for (let i = 1; i < size; i++) sum += Math.abs(at(i) - at(i - 1));
    expect(sum / (size - 1) / size).toBeGreaterThan(0.31);
    expect(sum / (size - 1) / size).toBeLessThan(0.36);
  });

  test('puts every item at every place equally often over keys', () => {
    const size = 6;
    const counts = new Float64Array(size * size);
    const keys = 6000;
    for (let key = 0; key < keys; key++) {
      const at = permutation(size, [key]);
      for (let i = 0; i < size; i++) {
        const cell = i * size + at(i);
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
    }
    const expected = keys / size;
    const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(60); // 25 degrees of freedom, p = 1e-4
  });

  test.each([0, -1, 1.5, 2 ** 31 + 1])('refuses %p items', (size) => {
    expect(() => permutation(size, [0])).toThrow(/cannot permute .* expected an integer from 1/);
  });
});
