// The plain parts of the browser's sources: series, scales, and what the generator's draws make of a text.

import { describe, expect, test } from '@jest/globals';
import { chooseSpans, fillSpans, maskSpans, wholeWords } from '../page/corrupt.js';
import { linearScale, logScale, numberWords } from '../page/scale.js';
import { chartsOf, smoothed, thinned } from '../page/series.js';

describe('chartsOf', () => {
  test('joins training, held-out figures and the trivial answer of a metric', () => {
    const charts = chartsOf([
      { step: 0, kind: 'evaluate', generatorLoss: 9, unigramLoss: 6.2, time: 'x' },
      { step: 5, kind: 'train', generatorLoss: 8, tokens: 640, odd: 1 },
      { step: 10, kind: 'train', generatorLoss: null },
      { step: 10, kind: 'refused', generatorLoss: 99 },
    ]);
    expect(charts).toEqual([
      {
        metric: 'generatorLoss',
        title: 'Generator loss, nats',
        isShare: false,
        train: [{ step: 5, value: 8 }],
        heldOut: [{ step: 0, value: 9 }],
        baseline: { value: 6.2, name: 'token frequencies' },
      },
      { metric: 'odd', title: 'Odd', isShare: false, train: [{ step: 5, value: 1 }], heldOut: [] },
    ]);
  });
});

describe('smoothed', () => {
  test('is the moving average, beginning with the first value itself', () => {
    const points = [4, 8, 0].map((value, step) => ({ step, value }));
    expect(smoothed(points, 0.5).map(({ value }) => value)).toEqual([4, 6, 3]);
  });

  test('averages over a fortieth of the points: of 120, three', () => {
    const step = Array.from({ length: 120 }, (_, at) => ({ step: at, value: at < 60 ? 0 : 1 }));
    expect(
      smoothed(step)
        .slice(58, 64)
        .map(({ value }) => value),
    ).toEqual([0, 0, 0.5, 0.75, 0.875, 0.9375]);
    expect(smoothed(step.slice(0, 40))).toEqual(step.slice(0, 40));
  });
});

describe('thinned', () => {
  test('keeps the lowest and the highest of every stretch, in order', () => {
    const points = Array.from({ length: 10_000 }, (_, step) => ({ step, value: step % 7 }));
    points[5001] = { step: 5001, value: 99 };
    const kept = thinned(points, 200);
    expect(kept.length).toBeLessThanOrEqual(200);
    expect(kept).toContainEqual({ step: 5001, value: 99 });
    const order = kept.map(({ step }) => step);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test('leaves few points alone', () => {
    const points = [{ step: 1, value: 1 }];
    expect(thinned(points, 10)).toBe(points);
  });
});

describe('scales', () => {
  test('mark round numbers and find the way back', () => {
    const scale = linearScale([0, 31], [50, 360], 5);
    expect(scale.marks).toEqual([0, 10, 20, 30]);
    expect(scale.place(31)).toBe(360);
    expect(scale.value(scale.place(12.5))).toBeCloseTo(12.5, 10);
  });

  test('have room for a single value', () => {
    const scale = linearScale([0.5, 0.5], [100, 0], 4);
    expect(scale.place(0.5)).toBe(50);
    expect(linearScale([0, 0], [100, 0], 4).place(0)).toBe(50);
  });

  test('mark powers of ten on a logarithmic axis', () => {
    const scale = logScale([0.01, 100], [0, 400], 4);
    expect(scale.marks).toEqual([0.01, 0.1, 1, 10, 100]);
    expect(scale.place(1)).toBeCloseTo(200, 10);
    expect(logScale([5.5, 9.2], [0, 100], 4).marks.length).toBeLessThanOrEqual(8);
  });

  test.each([
    [12_345, '12.3k'],
    [2_500_000, '2.5M'],
    [0.0015, '0.0015'],
    [0.00002, '2e-5'],
    [0, '0'],
    [-6.78801, '-6.788'],
  ])('write %d as %s', (value, words) => {
    expect(numberWords(value)).toBe(words);
  });
});

describe('corruption', () => {
  const token = (word: string, start: number) => ({
    word,
    start,
    end: start + word.replace('##', '').length,
    probability: 0,
  });
  const TEXT = 'This is untold, yes.';
  const TOKENS = [
    token('This', 0),
    token('is', 5),
    token('un', 8),
    token('##told', 10),
    token(',', 14),
    token('yes', 16),
    token('.', 19),
  ];

  test('takes words of one token and leaves pieces and punctuation alone', () => {
    expect(wholeWords(TOKENS).map(({ start, end }) => TEXT.slice(start, end))).toEqual([
      'This',
      'is',
      'yes',
    ]);
  });

  test('masks about 15 % of the words, at least one, without repetition, in order', () => {
    const words = Array.from({ length: 40 }, (_, at) => ({ start: 5 * at, end: 5 * at + 4 }));
    const chosen = chooseSpans(words, () => 0.999);
    expect(chosen.map(({ start }) => start)).toEqual([170, 175, 180, 185, 190, 195]);
    expect(chooseSpans(words.slice(0, 2), () => 0)).toEqual([{ start: 0, end: 4 }]);
    expect(chooseSpans([], () => 0)).toEqual([]);
  });

  test('puts masks and then draws in their places', () => {
    const spans = [
      { start: 0, end: 4 },
      { start: 16, end: 19 },
    ];
    expect(maskSpans(TEXT, spans, '[MASK]')).toBe('[MASK] is untold, [MASK].');
    const fillings = [
      [
        { score: 0.6, token: 'it', sequence: '' },
        { score: 0.4, token: 'that', sequence: '' },
      ],
      [
        { score: 0.9, token: '##s', sequence: '' },
        { score: 0.05, token: '[UNK]', sequence: '' },
        { score: 0.01, token: 'no', sequence: '' },
      ],
    ];
    expect(fillSpans(TEXT, spans, fillings, () => 0.7)).toEqual({
      text: 'that is untold, no.',
      replacements: [
        { start: 0, end: 4, original: 'This' },
        { start: 16, end: 18, original: 'yes' },
      ],
    });
    expect(fillSpans(TEXT, spans, [[], []], () => 0.7).text).toBe(TEXT);
  });

  test('draws in proportion to the probabilities', () => {
    const fillings = [
      [
        { score: 0.06, token: 'a', sequence: '' },
        { score: 0.02, token: 'b', sequence: '' },
      ],
    ];
    let at = 0;
    const draws = Array.from(
      { length: 100 },
      () => fillSpans('x', [{ start: 0, end: 1 }], fillings, () => at++ / 100).text,
    );
    // the grid's edge falls to one of the two by rounding
    expect(Math.abs(draws.filter((word) => word === 'a').length - 75)).toBeLessThanOrEqual(1);
  });
});
