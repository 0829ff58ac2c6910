import { glueTasks } from '@alectra/glue';
import { describe, expect, test } from '@jest/globals';
import type { RunResult } from './run-store.js';
import { answers, medianScores, scoreSplits } from './task-scores.js';

const { cola, mnli, stsb, wnli } = glueTasks;

describe('answers', () => {
  test('are the classes of the largest logits, the first of equal ones', () => {
    expect(
      answers(mnli, [
        [0, 2, 1],
        [-1, -3, -2],
        [1, 1, 0],
      ]),
    ).toEqual([1, 0, 0]);
  });

  test('are scores as the model gave them, also outside of the range', () => {
    expect(answers(stsb, [[-0.5], [2.25], [5.5]])).toEqual([-0.5, 2.25, 5.5]);
  });

  test('are refused where the model gives none', () => {
    expect(() =>
      answers(cola, [
        [0, 1],
        [0, Number.NaN],
      ]),
    ).toThrow('evaluate: CoLA cannot be answered: found NaN for example 1, expected numbers.');
    expect(() => answers(stsb, [[Number.NaN]])).toThrow('found NaN for example 0');
  });
});

describe('scoreSplits', () => {
  const rows = (...labels: number[]) => labels.map((label, index) => ({ index, text: '', label }));

  test('correlates what was not clipped', () => {
    const { score, scores } = scoreSplits(
      stsb,
      { validation: rows(0, 1, 4, 5) },
      { validation: [[-1], [0], [5], [9]] },
    );
    // numpy.corrcoef([0, 1, 4, 5], [-1, 0, 5, 9])[0, 1]; clipped to [0, 5] it would be 0.9701
    expect(scores['STS-B'].pearson).toBeCloseTo(0.9795779797, 9);
    expect(score).toBe(100); // Spearman, the figure of the card
  });

  test('gives the mean of both sets of MNLI, and accuracy where the card has no column', () => {
    const right = [[1, 0, 0]];
    const wrong = [[0, 1, 0]];
    const labels = { validation_matched: rows(0), validation_mismatched: rows(0) };
    expect(
      scoreSplits(mnli, labels, { validation_matched: right, validation_mismatched: wrong }),
    ).toEqual({ score: 50, scores: { 'MNLI-m': { accuracy: 1 }, 'MNLI-mm': { accuracy: 0 } } });
    expect(scoreSplits(wnli, { validation: rows(1) }, { validation: [[0, 1]] }).score).toBe(100);
  });

  test('stores an undefined correlation as null, since JSON has no NaN', () => {
    expect(scoreSplits(stsb, { validation: rows(1, 2) }, { validation: [[3], [3]] })).toEqual({
      score: null,
      scores: { 'STS-B': { pearson: null, spearmanr: null } },
    });
  });
});

test('the median over seeds is undefined where one seed has no score', () => {
  const run = (matthews: number | null): Pick<RunResult, 'kept'> => ({
    kept: { step: 1, score: null, scores: { CoLA: { matthews_correlation: matthews } } },
  });
  expect(medianScores([run(0.1), run(0.5), run(0.2)])).toEqual({
    CoLA: { matthews_correlation: 0.2 },
  });
  expect(medianScores([run(0.1), run(null)]).CoLA?.matthews_correlation).toBeNaN();
});
