import { expect, test } from '@jest/globals';
import { configDifferences, formatDifferences, refusedChanges } from './config-difference.js';

test('C7: names each changed, added and removed leaf by its path', () => {
  const before = { steps: 500, optimizer: { name: 'lamb', decay: 0.01 }, tie: ['word'] };
  const now = { steps: 600, optimizer: { name: 'lamb' }, tie: ['word', 'position'], seed: 1 };
  expect(formatDifferences(configDifferences(before, now))).toBe(
    [
      '  optimizer.decay: 0.01 before, missing now',
      '  seed: missing before, 1 now',
      '  steps: 500 before, 600 now',
      '  tie: ["word"] before, ["word","position"] now',
    ].join('\n'),
  );
});

test('finds none when only the order of keys differs', () => {
  expect(configDifferences({ a: 1, b: { c: null } }, { b: { c: null }, a: 1 })).toEqual([]);
});

test.each([
  [['steps'], ['seed', 'schedule.peak', 'schedule.shape']],
  [['schedule'], ['seed', 'steps']],
  [['schedule.pea'], ['seed', 'schedule.peak', 'schedule.shape', 'steps']],
  [['*'], []],
])('allows %j and what is below', (allowed, refused) => {
  const before = { seed: 1, steps: 5, schedule: { peak: 1, shape: 'jump' } };
  const now = { seed: 2, steps: 6, schedule: { peak: 2, shape: 'product' } };
  expect(refusedChanges(before, now, allowed).map(({ key }) => key)).toEqual(refused.sort());
});
