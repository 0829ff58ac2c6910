import { expect, test } from '@jest/globals';
import { AnswerCache } from './answer-cache.js';

test('V18: the least recently used answer goes first, and the bytes stay within the limit', () => {
  const cache = new AnswerCache(4000); // an entry of 100 characters costs 402
  const text = 'x'.repeat(100);
  for (let i = 0; i < 9; i++) cache.set(String(i), text);
  expect(cache.size).toBe(9);
  expect(cache.get('0')).toBe(text);
  cache.set('9', text);
  expect(cache.get('1')).toBeUndefined();
  expect(cache.get('0')).toBe(text);
  for (let i = 0; i < 1000; i++) {
    cache.set(`k${i % 40}`, 'y'.repeat(i % 300));
    expect(cache.bytes).toBeLessThanOrEqual(4000);
  }
});

test('V18: an answer that would push out the others is not kept', () => {
  const cache = new AnswerCache(4000);
  cache.set('small', 'x');
  cache.set('large', 'x'.repeat(1000));
  expect(cache.get('large')).toBeUndefined();
  expect(cache.get('small')).toBe('x');
  expect(new AnswerCache(0).get('a')).toBeUndefined();
});
