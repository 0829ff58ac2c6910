import { describe, expect, test } from '@jest/globals';
import { areaUnderCurve, scoredTokens } from './auc.js';

describe('areaUnderCurve', () => {
  test('is the share of pairs in the right order, ties half', () => {
    expect(areaUnderCurve({ scores: [1, 2, 3, 4], labels: [0, 0, 1, 1] }).auc).toBe(1);
    expect(areaUnderCurve({ scores: [1, 2, 3, 4], labels: [1, 1, 0, 0] }).auc).toBe(0);
    expect(areaUnderCurve({ scores: [5, 5, 5], labels: [0, 1, 0] }).auc).toBe(0.5);
    // pairs (2 over 1), (2 under 3), (3 over 1), (3 tie 3): 1 + 0 + 1 + ½ of 4
    expect(areaUnderCurve({ scores: [1, 3, 2, 3], labels: [0, 0, 1, 1] }).auc).toBe(0.625);
  });

  test("has DeLong's standard error, by its definition over all pairs", () => {
    const scores = Array.from({ length: 60 }, (_, i) => Math.round(10 * Math.sin(i * i)) / 3);
    const labels = scores.map((_, i) => Number((i * 7) % 5 < 2));
    const positives = scores.filter((_, i) => labels[i] === 1);
    const negatives = scores.filter((_, i) => labels[i] === 0);
    const win = (x: number, y: number): number => (x > y ? 1 : x === y ? 0.5 : 0);
    const mean = (v: number[]): number => v.reduce((a, b) => a + b) / v.length;
    const variance = (v: number[]): number =>
      v.reduce((sum, x) => sum + (x - mean(v)) ** 2, 0) / (v.length - 1);
    const byPositive = positives.map((x) => mean(negatives.map((y) => win(x, y))));
    const byNegative = negatives.map((y) => mean(positives.map((x) => win(x, y))));
    const found = areaUnderCurve({ scores, labels });
    expect(found.auc).toBeCloseTo(mean(byPositive), 12);
    expect(found.standardError).toBeCloseTo(
      Math.sqrt(variance(byPositive) / positives.length + variance(byNegative) / negatives.length),
      12,
    );
    expect([found.positives, found.negatives]).toEqual([positives.length, negatives.length]);
  });

  test('is not a number with one label only, or of a model that has diverged', () => {
    expect(areaUnderCurve({ scores: [1, 2], labels: [0, 0] }).auc).toBeNaN();
    const diverged = areaUnderCurve({ scores: [1, Number.NaN, 2], labels: [0, 1, 1] });
    expect([diverged.auc, diverged.standardError]).toEqual([Number.NaN, Number.NaN]);
  });

  test('refuses scores and labels of two lengths', () => {
    expect(() => areaUnderCurve({ scores: [1, 2], labels: [1] })).toThrow(
      'electra-task: no AUC of 2 scores with 1 labels, expected as many',
    );
  });
});

describe('scoredTokens', () => {
  const batch = { logits: [1, -1, 9], labels: [1, 0, 0], weights: [1, 1, 0] };

  test('leaves padding out', () => {
    expect(scoredTokens([batch, batch])).toEqual({ scores: [1, -1, 1, -1], labels: [1, 0, 1, 0] });
  });

  test("counts padding as certain negatives in Google's way, which flatters", () => {
    const worse = { logits: [-1, 1, 9, 9], labels: [1, 0, 0, 0], weights: [1, 1, 0, 0] };
    expect(areaUnderCurve(scoredTokens([worse])).auc).toBe(0);
    expect(areaUnderCurve(scoredTokens([worse], 'as-easy-negatives')).auc).toBeCloseTo(2 / 3, 12);
  });
});
