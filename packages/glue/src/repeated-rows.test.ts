import { describe, expect, test } from '@jest/globals';
import { repeatedRows, sharedRows } from './repeated-rows.js';

const rows = ['a|b', 'b|a', 'a|b', 'ab|', '|ab', 'a|b'].map((texts, index) => {
  const [text = '', textPair = ''] = texts.split('|');
  return { index, text, textPair, label: index % 2 };
});
const numbers = (found: readonly { index: number }[]): number[] => found.map(({ index }) => index);

describe('rows', () => {
  test('that stood before, whatever their labels', () => {
    expect(numbers(repeatedRows(rows))).toEqual([2, 5]);
    expect(repeatedRows([])).toEqual([]);
  });

  test('that stand in another split', () => {
    expect(numbers(sharedRows(rows, rows.slice(1, 3)))).toEqual([0, 1, 2, 5]);
    expect(sharedRows(rows, [{ index: 0, text: 'a' }])).toEqual([]);
  });
});
