import { describe, expect, test } from '@jest/globals';
import { encodeExamples } from './encode-examples.js';
import type { PairTokenizer } from './encoder.js';

describe('encodeExamples', () => {
  const words: PairTokenizer = {
    encode: (text, { pair, maxLength }) => {
      const ids = [text, ...(pair === undefined ? [] : [pair])].flatMap((part) => part.split(' '));
      return { ids: ids.slice(0, maxLength).map(Number), typeIds: ids.map(() => 0) };
    },
  };

  test('keeps row and label, and has NaN where there is no label', () => {
    const encoded = encodeExamples(
      words,
      [
        { index: 4, text: '1 2', textPair: '3', label: 1 },
        { index: 9, text: '5' },
      ],
      { maxLength: 8 },
    );
    expect(encoded.map(({ index, ids, label }) => [index, [...ids], label])).toEqual([
      [4, [1, 2, 3], 1],
      [9, [5], Number.NaN],
    ]);
  });
});
