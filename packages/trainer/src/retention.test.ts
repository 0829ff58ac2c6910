import { describe, expect, test } from '@jest/globals';
import { better, expendable } from './retention.js';

const steps = [100, 200, 300, 400, 500];

describe('C8: retention', () => {
  test.each([
    ['keeps the last two', { keepLast: 2, keepEvery: 0 }, {}, [100, 200, 300]],
    ['keeps at least one', { keepLast: 0, keepEvery: 0 }, {}, [100, 200, 300, 400]],
    ['keeps every second for good', { keepLast: 1, keepEvery: 200 }, {}, [100, 300]],
    ['keeps the best', { keepLast: 1, keepEvery: 0 }, { best: 200 }, [100, 300, 400]],
  ])('%s', (_, options, marks, deleted) => {
    expect(expendable(steps, options, marks)).toEqual(deleted);
  });

  test('does not depend on the order of its input', () => {
    expect(expendable([300, 100, 200], { keepLast: 1, keepEvery: 0 })).toEqual([100, 200]);
  });
});

describe('C8: the best checkpoint', () => {
  const best = { step: 100, value: 5 };
  test.each([
    ['takes the first', undefined, 7, 'min', 7],
    ['takes a lower loss', best, 4, 'min', 4],
    ['takes a higher score', best, 6, 'max', 6],
    ['keeps the older of equals', best, 5, 'min', 5],
    ['never takes NaN', best, Number.NaN, 'min', 5],
    ['never takes infinity', undefined, Number.POSITIVE_INFINITY, 'max', undefined],
  ] as const)('%s', (_, before, value, mode, expected) => {
    expect(better(before, { step: 200, value }, mode)?.value).toBe(expected);
  });
});
