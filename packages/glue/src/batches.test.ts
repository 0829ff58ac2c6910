import { describe, expect, test } from '@jest/globals';
import { evaluationBatches, fittingBatches, narrowed, trainingBatches } from './batches.js';
import type { EncodedExample } from './encode-examples.js';

const example = (index: number, length: number, label = 0): EncodedExample => ({
  index,
  ids: Int32Array.from({ length }, (_, i) => 100 * index + i + 1),
  typeIds: Int32Array.from({ length }, (_, i) => (i < 2 ? 0 : 1)),
  label,
});

// Lengths 3 … 29, a few of each.
const many = Array.from({ length: 143 }, (_, i) => example(i, 3 + ((i * 7) % 27)));
const options = { batchSize: 8, widths: [8, 16, 32] };

describe('trainingBatches', () => {
  const epoch = (number: number, seed = 1) =>
    trainingBatches(many, { ...options, seed, epoch: number });
  const rows = (batches: ReturnType<typeof epoch>): number[] =>
    batches.flatMap(({ examples }) => examples.map(({ index }) => index));

  test('has every example once, in full batches but for one', () => {
    const batches = epoch(0);
    expect(rows(batches).sort((a, b) => a - b)).toEqual(many.map(({ index }) => index));
    expect(batches.length).toBe(Math.ceil(many.length / 8));
    expect(batches.filter(({ examples }) => examples.length < 8).length).toBe(1);
  });

  test('has widths that hold their examples, and at most one batch a width with shorter ones', () => {
    const batches = epoch(0);
    const narrower = batches.filter(({ width, examples }) => {
      expect(Math.max(...examples.map(({ ids }) => ids.length))).toBeLessThanOrEqual(width);
      const below = options.widths[options.widths.indexOf(width) - 1] ?? 0;
      return examples.some(({ ids }) => ids.length <= below);
    });
    expect(narrower.length).toBeLessThanOrEqual(options.widths.length);
  });

  test('is a function of seed and epoch', () => {
    expect(rows(epoch(3))).toEqual(rows(epoch(3)));
    expect(rows(epoch(4))).not.toEqual(rows(epoch(3)));
    expect(rows(epoch(3, 2))).not.toEqual(rows(epoch(3)));
  });

  test('mixes widths over the epoch', () => {
    const widths = epoch(0).map(({ width }) => width);
    expect(widths).not.toEqual([...widths].sort((a, b) => a - b));
  });

  test('shuffles without favour: each example leads equally often', () => {
    const four = Array.from({ length: 4 }, (_, i) => example(i, 4));
    const counts = [0, 0, 0, 0];
    for (let seed = 0; seed < 2000; seed++)
      counts[
        trainingBatches(four, { batchSize: 4, widths: [8], seed, epoch: 0 })[0].examples[0].index
      ]++;
    // 500 expected, standard deviation 19
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(5 * 19);
  });
});

describe('evaluationBatches', () => {
  test('has every example once', () => {
    const found = evaluationBatches(many, options).flatMap(({ examples }) => examples);
    expect(new Set(found).size).toBe(many.length);
    expect(found.length).toBe(many.length);
  });

  test('has fewer rows where batches are wide: 8 of 8 tokens, 4 of 16, 2 of 32', () => {
    const batches = evaluationBatches(many, { ...options, tokens: 64 });
    const found = batches.flatMap(({ examples }) => examples);
    expect(found.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
      many.map(({ index }) => index),
    );
    const shapes = new Set(batches.map(({ rows, width }) => `${rows} x ${width}`));
    expect([...shapes]).toEqual(['8 x 8', '4 x 16', '2 x 32']);
    const partial = batches.filter(({ rows, examples }) => examples.length < rows);
    expect(partial.map(({ examples }) => examples.length)).toEqual([1]);
  });

  test('has one row at least', () => {
    const [batch] = evaluationBatches([example(0, 30)], { ...options, tokens: 10 });
    expect(batch).toMatchObject({ rows: 1, width: 32 });
  });

  test('refuses an example that is longer than every width', () => {
    expect(() => evaluationBatches([example(7, 40)], options)).toThrow(
      'glue: example 7 fits no batch: found 40 tokens, expected at most 32.',
    );
  });
});

describe('fittingBatches', () => {
  const batches = fittingBatches(many, { tokens: 64 });

  test('has every example once, the longest first', () => {
    const found = batches.flatMap(({ examples }) => examples);
    expect(new Set(found).size).toBe(many.length);
    expect(found.length).toBe(many.length);
    const lengths = found.map(({ ids }) => ids.length);
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
  });

  test('fills batches as far as they hold, and no further', () => {
    for (const [at, { rows, width, examples }] of batches.entries()) {
      expect(examples).toHaveLength(rows);
      expect(width).toBe(examples[0].ids.length);
      expect(rows * width).toBeLessThanOrEqual(64);
      if (at < batches.length - 1) expect((rows + 1) * width).toBeGreaterThan(64);
    }
  });

  test('has one row at least, and none of no examples', () => {
    expect(fittingBatches([example(0, 30)], { tokens: 10 })).toMatchObject([
      { rows: 1, width: 30 },
    ]);
    expect(fittingBatches([], { tokens: 10 })).toEqual([]);
  });
});

test.each([
  [undefined, 11],
  [[8, 16, 32], 16],
  [[11, 12], 11],
])('of widths %j a batch with at most 11 tokens takes %d', (widths, width) => {
  const batch = { rows: 4, width: 32, examples: [example(0, 5), example(1, 11)] };
  expect(narrowed(batch, widths)).toEqual({ ...batch, width });
});
