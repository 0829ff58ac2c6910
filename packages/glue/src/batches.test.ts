import { describe, expect, test } from '@jest/globals';
import {
  batchTensors,
  chooseWidths,
  type EncodedExample,
  encodeExamples,
  evaluationBatches,
  trainingBatches,
} from './batches.js';
import type { PairTokenizer } from './encoder.js';

const example = (index: number, length: number, label = 0): EncodedExample => ({
  index,
  ids: Int32Array.from({ length }, (_, i) => 100 * index + i + 1),
  typeIds: Int32Array.from({ length }, (_, i) => (i < 2 ? 0 : 1)),
  label,
});

// Lengths 3 … 29, a few of each.
const many = Array.from({ length: 143 }, (_, i) => example(i, 3 + ((i * 7) % 27)));
const options = { batchSize: 8, widths: [8, 16, 32] };

describe('encodeExamples', () => {
  const words: PairTokenizer = {
    encode: (text, { pair, maxLength }) => {
      const ids = [text, ...(pair === undefined ? [] : [pair])].flatMap((part) => part.split(' '));
      return { ids: ids.slice(0, maxLength).map(Number), typeIds: ids.map(() => 0) };
    },
  };

  test('keeps row and label, and has NaN where there is no label', () => {
    const encoded = encodeExamples(
      words,
      [
        { index: 4, text: '1 2', textPair: '3', label: 1 },
        { index: 9, text: '5' },
      ],
      { maxLength: 8 },
    );
    expect(encoded.map(({ index, ids, label }) => [index, [...ids], label])).toEqual([
      [4, [1, 2, 3], 1],
      [9, [5], Number.NaN],
    ]);
  });
});

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

  test('refuses no examples', () => {
    expect(() => chooseWidths([])).toThrow(
      'glue: cannot choose widths for batches: found no examples, expected at least one.',
    );
  });
});

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

  test('refuses an example that is longer than every width', () => {
    expect(() => evaluationBatches([example(7, 40)], options)).toThrow(
      'glue: example 7 fits no batch: found 40 tokens, expected at most 32.',
    );
  });
});

describe('batchTensors', () => {
  const tensors = batchTensors(
    { width: 4, examples: [example(0, 4, 2), example(1, 3)] },
    { batchSize: 3, padId: 9, isRegression: false },
  );
  const plain = Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, [...data]]),
  );

  test('pads with the id of padding, mask 0 and segment 0', () => {
    expect(plain.inputIds.slice(0, 8)).toEqual([1, 2, 3, 4, 101, 102, 103, 9]);
    expect(plain.attentionMask.slice(0, 8)).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(plain.tokenTypeIds.slice(0, 8)).toEqual([0, 0, 1, 1, 0, 0, 1, 0]);
  });

  test('repeats the first example in rows that weigh nothing', () => {
    expect(plain.inputIds.slice(8)).toEqual([1, 2, 3, 4]);
    expect(plain.weights).toEqual([1, 1, 0]);
    expect(plain.labels).toEqual([2, 0, 0]);
    expect(tensors.labels.dtype).toBe('int32');
  });

  test('keeps scores as they are', () => {
    const { labels } = batchTensors(
      { width: 4, examples: [example(0, 4, 3.25)] },
      { batchSize: 1, padId: 0, isRegression: true },
    );
    expect(labels).toEqual({ dtype: 'float32', shape: [1], data: Float32Array.of(3.25) });
  });
});
