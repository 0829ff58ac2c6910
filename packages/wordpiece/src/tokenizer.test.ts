import { describe, expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';

const VOCAB = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'un',
  '##aff',
  '##able',
  '##a',
  'ab',
  ',',
  '你',
  'σ',
  '##σ',
];
const tokenizer = WordPieceTokenizer.fromVocab(VOCAB);
const tokens = (text: string) => tokenizer.tokenize(text);

describe('words', () => {
  test('are cut into the longest pieces from the left', () => {
    expect(tokens('unaffable')).toEqual(['un', '##aff', '##able']);
    expect(tokens('aba')).toEqual(['ab', '##a']);
  });
  test('are unknown as a whole if any part is', () => {
    expect(tokens('unaffx ab')).toEqual(['[UNK]', 'ab']);
  });
  test('of more than 100 code points are unknown', () => {
    expect(tokens(`ab${'a'.repeat(98)}`)).toHaveLength(99);
    expect(tokens(`ab${'a'.repeat(99)}`)).toEqual(['[UNK]']);
  });
  test('end at white space, punctuation and Chinese characters', () => {
    expect(tokens('ab,ab\u2028ab你ab')).toEqual(['ab', ',', 'ab', 'ab', '你', 'ab']);
  });
  test('are joined across removed characters', () => {
    expect(tokens('a\u200bb a\u0000b a\u0085b')).toEqual(['ab', 'ab', 'ab']);
  });
  test('are lowercased a code point at a time, without final sigma', () => {
    expect(tokens('ΣΣ')).toEqual(['σ', '##σ']);
  });
});

test('special tokens surround the text and its pair', () => {
  const { ids, typeIds, attentionMask } = tokenizer.encode('ab', { pair: 'ab a' });
  expect([...ids]).toEqual([2, 9, 3, 9, 1, 3]);
  expect([...typeIds]).toEqual([0, 0, 0, 1, 1, 1]);
  expect([...attentionMask]).toEqual([1, 1, 1, 1, 1, 1]);
});

test('decoding joins pieces and drops special tokens', () => {
  expect(tokenizer.decode(tokenizer.encode('Unaffable, ab').ids)).toBe('unaffable, ab');
});
