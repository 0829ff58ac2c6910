import { expect, test } from '@jest/globals';
import { initialize, parameterCount } from './initialize.js';

const layout = {
  table: { shape: [200, 50], init: 'normal' },
  other: { shape: [200, 50], init: 'normal', zeroRow: 1 },
  bias: { shape: [3], init: 'zeros' },
  gain: { shape: [2], init: 'ones' },
  projection: { shape: [64, 32], init: 'normal', google: 'glorot' },
} as const;
const options = { seed: 3, standardDeviation: 0.02 };

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}

test('draws each tensor from its distribution', () => {
  const { table, other, bias, gain, projection } = initialize(layout, options);
  expect(deviation(table.data)).toBeCloseTo(0.02, 3);
  expect(table.data.some((v) => Math.abs(v) > 0.06)).toBe(true);
  expect(table.data.slice(0, 5)).not.toEqual(other.data.slice(0, 5));
  expect(other.data.slice(50, 100).every((v) => v === 0)).toBe(true);
  expect(other.data[49]).not.toBe(0);
  expect(other.data[100]).not.toBe(0);
  expect([...bias.data]).toEqual([0, 0, 0]);
  expect([...gain.data]).toEqual([1, 1]);
  expect(deviation(projection.data)).toBeCloseTo(0.02, 2);
});

test("in Google's scheme, normals end at two deviations and projections are Glorot uniform", () => {
  const { table, other, projection } = initialize(layout, { ...options, scheme: 'google' });
  expect(table.data.every((v) => Math.abs(v) <= Math.fround(0.04))).toBe(true);
  expect(deviation(table.data)).toBeCloseTo(0.0176, 3); // 0.88 of the nominal
  expect(other.data.slice(50, 100).every((v) => v !== 0)).toBe(true);
  const bound = Math.sqrt(6 / 96);
  expect(Math.max(...projection.data)).toBeLessThan(bound);
  expect(deviation(projection.data)).toBeCloseTo(bound / Math.sqrt(3), 2);
});

const kinds = {
  words: { shape: [200, 50], init: 'normal' },
  dense: { shape: [30, 400], init: 'linear' },
  conv: { shape: [400, 30], init: 'linear', transposed: true },
  positions: { shape: [5, 6], init: 'position' },
} as const;

test('linear weights and positions are drawn as the tables are, unless asked otherwise', () => {
  const { words, dense, conv, positions } = initialize(kinds, options);
  for (const { data } of [words, dense, conv]) expect(deviation(data)).toBeCloseTo(0.02, 3);
  const asNormal = initialize({ positions: { shape: [5, 6], init: 'normal' } }, options);
  expect(positions).toEqual(asNormal.positions);
});

test('linear weights take a deviation of their own, by number or by their inputs', () => {
  const plain = initialize(kinds, options);
  const ratios = (linearDeviation: number | 'fan-in'): number[] => {
    const drawn = initialize(kinds, { ...options, linearDeviation });
    return (['words', 'dense', 'conv'] as const).map(
      (name) => drawn[name].data[7] / plain[name].data[7],
    );
  };
  expect(ratios(0.3)).toEqual([1, 0.3 / 0.02, 0.3 / 0.02].map((n) => expect.closeTo(n, 4)));
  // 400 inputs, whichever way the weight is stored
  expect(ratios('fan-in')).toEqual([1, 0.05 / 0.02, 0.05 / 0.02].map((n) => expect.closeTo(n, 4)));
});

test('sinusoidal positions are those of the Transformer, with the mean square of normal ones', () => {
  const { positions } = initialize(kinds, { ...options, positions: 'sinusoidal' });
  const unit = Math.fround(0.02 * Math.SQRT2);
  const waves = [1, 10_000 ** (1 / 3), 10_000 ** (2 / 3)];
  const expected = [0, 1, 2, 3, 4].flatMap((at) =>
    waves.flatMap((wave) => [unit * Math.sin(at / wave), unit * Math.cos(at / wave)]),
  );
  expect([...positions.data]).toEqual(expected.map((value) => expect.closeTo(value, 8)));
  const square = positions.data.reduce((sum, value) => sum + value * value, 0);
  expect(Math.sqrt(square / positions.data.length)).toBeCloseTo(0.02, 8);
});

test('the same seed gives the same values, another seed others', () => {
  const first = (seed: number): number[] => [
    ...initialize(layout, { ...options, seed }).table.data.slice(0, 100),
  ];
  expect(first(3)).toEqual(first(3));
  expect(first(4)).not.toEqual(first(3));
});

test('counts values', () => {
  expect(parameterCount(layout)).toBe(200 * 50 * 2 + 3 + 2 + 64 * 32);
});

test.each([0.5, -1, 2 ** 32, Number.NaN])('refuses the seed %d', (seed) => {
  expect(() => initialize(layout, { ...options, seed })).toThrow(
    `nn: cannot draw initial values: found the seed ${seed}, expected an integer`,
  );
});
