import { expect, test } from '@jest/globals';
import { placesIn } from './text-places.js';

test('places stay UTF-16 units unless asked otherwise', () => {
  expect(placesIn('a😀b')(3)).toBe(3);
});

test.each([
  ['abc', [0, 1, 2, 3]],
  ['a😀b', [0, 1, 2, 2, 3]], // the place inside the pair belongs to no token
  ['😀😀', [0, 1, 1, 2, 2]],
  ['e\u0301', [0, 1, 2]],
  ['', [0]],
])('places of %j in code points', (text, expected) => {
  const place = placesIn(text, 'codepoint');
  expect(expected.map((_, at) => place(at))).toEqual(expected);
});

test('an unknown unit is refused', () => {
  expect(() => placesIn('a', 'byte' as 'utf16')).toThrow(
    'found "byte", expected "utf16", "codepoint"',
  );
});
