import { expect, test } from '@jest/globals';
import { configDifferences, formatDifferences } from './config-difference.js';

test('names each changed, added and removed leaf by its path', () => {
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
