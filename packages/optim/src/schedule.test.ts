import { describe, expect, test } from '@jest/globals';
import { type ScheduleShape, schedule } from './schedule.js';

const card = (shape: ScheduleShape) =>
  schedule({ shape, peakLearningRate: 2e-3, warmupSteps: 40_000, totalSteps: 500_000 });

describe('schedule', () => {
  // Values derived from the three formulas: peak 2e-3, 40k of 500k steps warm-up, five significant digits.
  test.each([
    [0, 0, 0, 0],
    [1_000, 5.0e-5, 4.99e-5, 5.0e-5],
    [20_000, 1.0e-3, 9.6e-4, 1.0e-3],
    [39_999, 1.99995e-3, 1.84e-3, 1.99995e-3],
    [40_000, 2.0e-3, 1.84e-3, 1.84e-3],
    [100_000, 1.7391e-3, 1.6e-3, 1.6e-3],
    [270_000, 1.0e-3, 9.2e-4, 9.2e-4],
    [450_000, 2.1739e-4, 2.0e-4, 2.0e-4],
    [500_000, 0, 0, 0],
    [600_000, 0, 0, 0],
  ])('at step %i is %d, %d and %d', (step, piecewise, product, jump) => {
    for (const [shape, expected] of Object.entries({ piecewise, product, jump })) {
      const found = card(shape as ScheduleShape)(step);
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(2.5e-5 * expected);
    }
  });

  test('warms up to a constant', () => {
    const rate = card('constant');
    expect([rate(0), rate(10_000), rate(40_000), rate(10 ** 7)]).toEqual([0, 5e-4, 2e-3, 2e-3]);
  });

  test('starts at the peak without warm-up, and may be all warm-up', () => {
    for (const shape of ['product', 'piecewise', 'jump'] as const) {
      expect(schedule({ shape, peakLearningRate: 1, warmupSteps: 0, totalSteps: 4 })(0)).toBe(1);
      const all = schedule({ shape, peakLearningRate: 1, warmupSteps: 4, totalSteps: 4 });
      expect([all(4), Number.isFinite(all(3))]).toEqual([0, true]);
    }
  });

  test('says what cannot be', () => {
    const make = (change: object) => () =>
      schedule({ shape: 'jump', peakLearningRate: 1, warmupSteps: 5, totalSteps: 10, ...change });
    expect(make({ warmupSteps: 11 })).toThrow(
      'optim: no schedule can be made: the warm-up is 11, expected an integer from 0 to 10.',
    );
    expect(make({ peakLearningRate: 0 })).toThrow('the peak learning rate is 0');
    expect(make({ totalSteps: 0.5 })).toThrow('the number of steps is 0.5');
    expect(make({ shape: 'cosine' })).toThrow(
      'the shape is cosine, expected product, piecewise, jump, constant.',
    );
    for (const step of [-1, Number.NaN])
      expect(() => make({})()(step)).toThrow(`optim: no learning rate at step ${step}`);
  });
});
