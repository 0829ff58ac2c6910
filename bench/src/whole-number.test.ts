import { expect, test } from '@jest/globals';
import { wholeNumber } from './whole-number.js';

test('a figure is a whole number from 1 on', () => {
  expect(wholeNumber('rounds', '12')).toBe(12);
  for (const text of ['0', '-1', '1.5', 'five', ''])
    expect(() => wholeNumber('rounds', text)).toThrow(
      `bench: --rounds is "${text}", expected a whole number from 1 on.\nWrite --rounds 5`,
    );
});
