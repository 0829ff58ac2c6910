import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { accuracy, confusionMatrix, f1, matthews } from './confusion-matrix.js';
import { averageRanks, pearson, spearman } from './correlation.js';
import { fixtures } from './data-folder.test-support.js';
import { labelsOf, scorePredictions } from './score.js';
import { glueTasks } from './tasks.js';

// By tools/reference/glue_metrics.py.
const { classifications, correlations } = JSON.parse(
  readFileSync(join(fixtures, 'metrics.json'), 'utf8'),
) as { classifications: Classification[]; correlations: Correlation[] };

interface Classification {
  readonly name: string;
  readonly classes: number;
  readonly labels: number[];
  readonly predictions: number[];
  readonly matrix: number[][];
  readonly accuracy: number;
  readonly f1: number | null;
  readonly matthews: number;
}

interface Correlation {
  readonly name: string;
  readonly x: number[];
  readonly y: number[];
  readonly pearson: number | null;
  readonly spearman: number | null;
  readonly ranks: number[];
}

function expectClose(found: number, expected: number | null): void {
  if (expected === null) expect(found).toBeNaN();
  else expect(found).toBeCloseTo(expected, 12);
}

describe('as scikit-learn', () => {
  test.each(classifications.map((each) => [each.name, each] as const))('%s', (_, expected) => {
    const matrix = confusionMatrix(expected.labels, expected.predictions, expected.classes);
    expect(matrix).toEqual(expected.matrix);
    expect(accuracy(matrix)).toBeCloseTo(expected.accuracy, 14);
    expect(matthews(matrix)).toBeCloseTo(expected.matthews, 14);
    if (expected.f1 !== null) expect(f1(matrix)).toBeCloseTo(expected.f1, 14);
  });
});

describe('as scipy', () => {
  test.each(correlations.map((each) => [each.name, each] as const))('%s', (_, expected) => {
    const { x, y, ranks } = expected;
    expect([...averageRanks(x)]).toEqual(ranks);
    expectClose(pearson(x, y), expected.pearson);
    expectClose(spearman(x, y), expected.spearman);
    expectClose(spearman(y, x), expected.spearman);
  });
});

describe('by hand', () => {
  test('ties share the mean of their ranks', () => {
    expect([...averageRanks([10, 20, 20, 5, 20])]).toEqual([2, 4, 4, 1, 4]);
    expect([...averageRanks([1, Number.NaN])]).toEqual([Number.NaN, Number.NaN]);
  });

  test('constant predictions: a correlation of nothing is NaN, Matthews is 0, F1 may be high', () => {
    expect(scorePredictions(glueTasks.stsb, [1, 2, 3], [2.5, 2.5, 2.5])).toEqual({
      pearson: Number.NaN,
      spearmanr: Number.NaN,
    });
    expect(scorePredictions(glueTasks.cola, [1, 1], [1, 1])).toEqual({ matthews_correlation: 0 });
    // All of MRPC's validation set called equivalent: 279 of 408 are.
    const labels = Array.from({ length: 408 }, (_, i) => (i < 279 ? 1 : 0));
    const scores = scorePredictions(glueTasks.mrpc, labels, new Int32Array(408).fill(1));
    expect(scores.accuracy).toBeCloseTo(0.6838, 4);
    expect(scores.f1).toBeCloseTo(0.8122, 4);
  });

  test('F1 is of class 1', () => {
    expect(f1(confusionMatrix([1, 1, 0], [1, 0, 0], 2))).toBeCloseTo(2 / 3, 14);
    expect(f1(confusionMatrix([0, 0, 1], [0, 1, 1], 2))).toBeCloseTo(2 / 3, 14);
    expect(f1(confusionMatrix([0, 0, 0], [0, 0, 0], 2))).toBe(0);
  });

  test('metrics come in the order of the leaderboard', () => {
    expect(Object.keys(scorePredictions(glueTasks.qqp, [1, 0], [1, 0]))).toEqual([
      'f1',
      'accuracy',
    ]);
    expect(Object.keys(scorePredictions(glueTasks.stsb, [1, 0], [1, 0]))).toEqual([
      'pearson',
      'spearmanr',
    ]);
  });

  test('what does not fit is refused', () => {
    expect(() => scorePredictions(glueTasks.rte, [0, 1], [0])).toThrow(
      'found 1 predictions, expected 2',
    );
    expect(() => scorePredictions(glueTasks.rte, [0, 1], [0, 2])).toThrow(
      'found class 1 predicted as 2 at 1, expected 0 to 1',
    );
    expect(() => pearson([1], [1, 2])).toThrow(RangeError);
    expect(() => labelsOf([{ index: 3, text: 'a' }])).toThrow('found no label of example 3');
  });
});
