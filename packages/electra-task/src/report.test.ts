import { describe, expect, test } from '@jest/globals';
import { addSums, discriminatorReport, generatorReport } from './report.js';
import { countTokens, unigramBaseline } from './unigram.js';

const sums = {
  slots: 20,
  generatorLoss: 60,
  generatorCorrect: 8,
  sampledCorrect: 5,
  tokens: 100,
  discriminatorLoss: 30,
  replaced: 15,
  calledReplaced: 10,
  truePositives: 6,
  examples: 2,
  discriminatorExampleLoss: 0.7,
};

test('generatorReport divides by slots and shows the uniform loss beside', () => {
  expect(generatorReport(sums, 30522)).toEqual({
    loss: 3,
    accuracy: 0.4,
    sampledAccuracy: 0.25,
    uniformLoss: Math.log(30522),
    maskedShare: 0.2,
  });
  expect(generatorReport({ tokens: 3 }, 8)).toBeUndefined();
});

test('discriminatorReport divides by tokens and shows what a constant answer reaches', () => {
  const report = discriminatorReport(sums);
  expect(report).toMatchObject({
    loss: 0.3,
    exampleLoss: 0.35,
    accuracy: 1 - (9 + 4) / 100, // 9 missed, 4 false alarms
    precision: 0.6,
    recall: 0.4,
    replacedShare: 0.15,
    majorityAccuracy: 0.85,
  });
  expect(report?.constantLoss).toBeCloseTo(-0.15 * Math.log(0.15) - 0.85 * Math.log(0.85), 12);
  expect(discriminatorReport({})).toBeUndefined();
});

// electra.md 6.2: sampled accuracy 0, 0.2, 0.33, 0.44 of 13.8 % masked
test.each([
  [0.138, 0.862, 0.402],
  [0.11, 0.89, 0.347],
  [0.0925, 0.9075, 0.308],
  [0.0773, 0.9227, 0.272],
])('%d replaced has the published trivial accuracy %d and loss %d', (share, accuracy, loss) => {
  const report = discriminatorReport({ ...sums, tokens: 10_000, replaced: share * 10_000 });
  expect(report?.majorityAccuracy).toBeCloseTo(accuracy, 4);
  expect(Math.abs((report?.constantLoss ?? 0) - loss)).toBeLessThan(0.0012);
});

test('addSums adds what either side has', () => {
  expect(addSums({ slots: 1, tokens: 2 }, { slots: 3, replaced: 4 })).toEqual({
    slots: 4,
    tokens: 2,
    replaced: 4,
  });
});

describe('the unigram baseline', () => {
  test('counts maskable tokens only', () => {
    const counts = new Float64Array(8);
    const tokens = { vocabSize: 8, mask: 4, neverMasked: [2, 3, 4] };
    const ids = Int32Array.of(2, 5, 6, 5, 3, 0, 5);
    countTokens(counts, ids, Int32Array.of(1, 1, 1, 1, 1, 0, 0), tokens);
    expect([...counts]).toEqual([0, 0, 0, 0, 0, 2, 1, 0]);
    const { mostFrequentToken, accuracy, loss, tokens: n } = unigramBaseline(counts);
    expect([mostFrequentToken, accuracy, n]).toEqual([5, 2 / 3, 3]);
    expect(loss).toBeCloseTo(Math.log(3) - (2 / 3) * Math.LN2, 12);
  });

  test('does not lose ids that have no place, or take padding for tokens', () => {
    const tokens = { vocabSize: 8, mask: 4, neverMasked: [2, 3, 4] };
    const count = (ids: number[], mask: number[]) => () =>
      countTokens(new Float64Array(8), Int32Array.from(ids), Int32Array.from(mask), tokens);
    expect(count([5, 8], [1, 1])).toThrow('found the id 8, expected one from 0 to 7');
    expect(count([5, 0], [1])).toThrow('found 2 ids with a mask of 1, expected one of the same');
  });
});
