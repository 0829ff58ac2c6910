import { describe, expect, test } from '@jest/globals';
import { unitsOf } from './fours.js';

describe('UTF-16 units of some UTF-8', () => {
  test.each([
    '',
    'abc',
    'naïve café',
    '第一句',
    '😀😀 a😀',
    'a'.repeat(50),
    `${'b'.repeat(9)}é${'c'.repeat(9)}`,
  ])('%j, wherever it lies', (text) => {
    for (let start = 0; start < 4; start++) {
      for (let from = 0; from < 5; from++) {
        const size = Buffer.byteLength(text);
        const bytes = Buffer.alloc(4096, 'é').subarray(start, start + from + size + 5);
        bytes.write(text, from);
        expect(unitsOf(bytes, from, from + size)).toBe(text.length);
      }
    }
  });
});
