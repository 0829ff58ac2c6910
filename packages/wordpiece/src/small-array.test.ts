import { MessageChannel } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';
import { smallArray } from './small-array.js';

test('arrays of any length are zeros, and no two share a number', () => {
  const lengths = Array.from({ length: 600 }, (_, n) => (n * 37) % 1100);
  const arrays = lengths.map((length, n) => {
    const array = smallArray(length);
    expect(array.every((value) => value === 0)).toBe(true);
    return array.fill(n);
  });
  expect(arrays.map(({ length }) => length)).toEqual(lengths);
  for (const [n, array] of arrays.entries()) expect(array.every((value) => value === n)).toBe(true);
});

test('what one array can keep in memory is bounded', () => {
  const buffers = Array.from({ length: 1500 }, (_, n) => smallArray(n).buffer);
  for (const [n, { byteLength }] of buffers.entries())
    expect(byteLength).toBeLessThanOrEqual(Math.max(4 * n, 16384));
});

test('an encoding that is transferred to a thread takes no other with it', () => {
  const tokenizer = WordPieceTokenizer.fromVocab(['[UNK]', '[CLS]', '[SEP]', 'a', 'b'], {});
  const [kept, sent] = ['a b a', 'b b'].map((text) => tokenizer.encode(text).ids);
  expect(kept.buffer).toBe(sent.buffer);
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(sent, [sent.buffer as ArrayBuffer]);
  } catch (error) {
    expect((error as Error).name).toBe('DataCloneError'); // Node 22; Node 20 copies
  }
  expect([...kept]).toEqual([1, 3, 4, 3, 2]);
  port1.close();
  port2.close();
});
