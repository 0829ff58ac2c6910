import { expect, test } from '@jest/globals';
import { type Keys, sortedKeys } from './key-order.js';
import { randomIntegers } from './test-support.js';

function keysOf(texts: readonly string[]): Keys {
  const starts = new Uint32Array(texts.length + 1);
  for (const [k, text] of texts.entries()) starts[k + 1] = starts[k] + text.length;
  return { bytes: new TextEncoder().encode(texts.join('')), starts, ids: texts.map((_, k) => k) };
}

test.each([0, 2])('keys come in the order of their bytes from %i on', (skip) => {
  const random = randomIntegers(3);
  const texts = new Set(['##', '##\0', '##\0\0', '##a', '##a\0']);
  // few letters: many share their first bytes, and some runs are long
  while (texts.size < 3000) {
    const length = random(12);
    texts.add(`##${Array.from({ length }, () => '\0ab'[random(3)]).join('')}`);
  }
  const list = [...texts];
  const order = sortedKeys(keysOf(list), [...list.keys()], skip);
  expect([...order].map((k) => list[k])).toEqual(list.sort());
});

test('keys that are left out do not come', () => {
  const keys = keysOf(['b', 'x', 'a', 'aa']);
  expect([...sortedKeys(keys, [0, 2, 3], 0)]).toEqual([2, 3, 0]);
  expect([...sortedKeys(keys, [], 0)]).toEqual([]);
});
