import { describe, expect, test } from '@jest/globals';
import { BatchQueue } from './batch-queue.js';

const queueOf = (tokens: readonly number[], maxTokens = 64, maxInputs = 8) => {
  const queue = new BatchQueue<{ tokens: number; lane: string; name: number }>({
    maxTokens,
    maxInputs,
  });
  for (const [name, count] of tokens.entries()) queue.push({ tokens: count, lane: 'a', name });
  return queue;
};
const lengths = (batch: readonly { tokens: number }[]): number[] => batch.map((x) => x.tokens);

describe('BatchQueue', () => {
  test('takes the oldest with those nearest to it in length', () => {
    const queue = queueOf([10, 60, 11, 2, 12, 40, 9]);
    expect(lengths(queue.take())).toEqual([2, 9, 10, 11, 12]); // 6 inputs of 40 would be 240 tokens
    expect(lengths(queue.take())).toEqual([60]);
    expect(lengths(queue.take())).toEqual([40]);
    expect(queue.take()).toEqual([]);
  });

  test('never exceeds its limits, loses nothing, starves nobody', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    const queue = queueOf([], 100, 5);
    const seen = new Set<number>();
    let name = 0;
    let oldest = 0;
    for (let round = 0; round < 500; round++) {
      for (let i = random(4); i > 0; i--)
        queue.push({ tokens: 1 + random(100), lane: random(2) ? 'a' : 'b', name: name++ });
      const batch = queue.take();
      if (batch.length === 0) continue;
      expect(batch.length).toBeLessThanOrEqual(5);
      expect(Math.max(...lengths(batch)) * batch.length).toBeLessThanOrEqual(100);
      expect(new Set(batch.map(({ lane }) => lane)).size).toBe(1);
      for (const item of batch) {
        expect(seen.has(item.name)).toBe(false);
        seen.add(item.name);
      }
      expect(seen.has(oldest)).toBe(true);
      while (seen.has(oldest)) oldest += 1;
    }
    while (queue.size > 0) for (const item of queue.take()) seen.add(item.name);
    expect(seen.size).toBe(name);
  });

  test('V9: refuses what would wait for ever', () => {
    expect(() => queueOf([65])).toThrow(/an input of 65 tokens fits no batch of 64/);
  });

  test('forgets those who left', () => {
    const queue = queueOf([1, 2, 3]);
    expect(queue.remove(({ name }) => name === 1)).toBe(1);
    expect(lengths(queue.take())).toEqual([1, 3]);
  });
});
