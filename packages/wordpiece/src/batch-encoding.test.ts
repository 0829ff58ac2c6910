import { describe, expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';

// the pad token is not 0, so that a row which is filled up differs from one that is not
const tokenizer = WordPieceTokenizer.fromVocab([
  'x',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'a',
  'b',
  '##b',
  '[PAD]',
]);
const texts = ['a a a a a', 'a'];

describe('the rows of a batch', () => {
  test('are as long as the longest, if that is longer than maxLength', () => {
    const { rows, columns, ids, attentionMask, encodings } = tokenizer.encodeBatch(texts, {
      padding: 'max_length',
      maxLength: 4,
    });
    expect([rows, columns]).toEqual([2, 7]);
    expect([...ids]).toEqual([2, 5, 5, 5, 5, 5, 3, 2, 5, 3, 8, 8, 8, 8]);
    expect([...attentionMask]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(encodings.map(({ length }) => length)).toEqual([7, 7]);
  });
  test.each([
    [{ padding: 'max_length', maxLength: 4 }, 8],
    [{ padding: 'max_length', maxLength: 9 }, 12],
    [{ padding: 'longest' }, 8],
    [{ padding: undefined }, 8],
    [{}, 8],
  ] as const)('with %j have a multiple of what is asked for', (options, columns) => {
    const batch = tokenizer.encodeBatch(texts, { ...options, padToMultipleOf: 4 });
    expect(batch.columns).toBe(columns);
    expect(batch.encodings.map(({ length }) => length)).toEqual([columns, columns]);
    expect([...batch.ids.subarray(columns)]).toEqual([2, 5, 3, ...Array(columns - 3).fill(8)]);
  });
  test('need a pad token only if one is shorter', () => {
    const bare = WordPieceTokenizer.fromVocab(['[UNK]', 'a']);
    const options = { addSpecialTokens: false };
    expect([...bare.encodeBatch(['a a', 'a b'], options).ids]).toEqual([1, 1, 1, 0]);
    expect(bare.encodeBatch([], options)).toMatchObject({ rows: 0, columns: 0 });
    expect(() => bare.encodeBatch(['a a', 'a'], options)).toThrow(
      /cannot insert \[PAD\]: the vocabulary does not have it/,
    );
  });
  test('cannot be left unequal', () => {
    expect(() => tokenizer.encodeBatch(texts, { padding: false })).toThrow(
      new RangeError(
        `wordpiece: bad option: padding is false, expected true, 'longest' or 'max_length': the rows of a batch are of equal length.\n` +
          `Leave it out, or use encode for each text, or encodeRagged for rows back to back.`,
      ),
    );
  });
});
