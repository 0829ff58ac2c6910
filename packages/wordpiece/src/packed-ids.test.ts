// Packed ids: words of one piece to sixty, found in the trie at first and in the caches after that, in vocabularies whose
// ids have 16 and 20 bits. The oracle is the TypeScript engine, which packs nothing.

import { describe, expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';
import { randomIntegers } from './test-support.js';

const LETTERS = 'abcdefgh';
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const FIRST_WORD = SPECIAL.length + 2 * LETTERS.length;

describe.each([
  [65_536, 16],
  [65_537, 20],
  [90_000, 20],
])('a vocabulary of %d ids', (size, bits) => {
  const vocabulary = vocabularyOf(size);
  const tokenizer = WordPieceTokenizer.fromVocab(vocabulary);
  const oracle = WordPieceTokenizer.fromVocab(vocabulary, { engine: 'typescript' });
  const lines = linesOf(vocabulary);

  test(`${bits} bits: the same ids from the trie and from the caches`, () => {
    const { ids, rowSplits } = oracle.encodeRagged(lines);
    const text = new TextEncoder().encode(lines.join('\n'));
    for (const width of bits === 16 ? (['uint16', 'int32'] as const) : (['int32'] as const)) {
      for (let round = 0; round < 2; round++) {
        const found = tokenizer.encodeBytes(text, { width });
        expect(Array.from(found.rowSplits)).toEqual(Array.from(rowSplits));
        expect(Array.from(found.ids)).toEqual(Array.from(ids));
      }
    }
  });

  test('the last ids are met', () => {
    const last = vocabulary.slice(-3);
    expect(Array.from(tokenizer.encodeRagged(last).ids)).toEqual([size - 3, size - 2, size - 1]);
  });
});

/** Special tokens, letters that start a word and that go on, then x with the letters of a number to the base of eight. */
function vocabularyOf(size: number): string[] {
  const words = Array.from({ length: size - FIRST_WORD }, (_, n) =>
    n.toString(8).replace(/\d/g, (digit) => LETTERS[Number(digit)]),
  );
  const parts = Array.from(LETTERS, (letter) => `##${letter}`);
  return [...SPECIAL, ...LETTERS, ...parts, ...words.map((word) => `x${word}`)];
}

/** Words of the vocabulary, some with 1 to 60 letters behind them, each of which is a piece. */
function linesOf(vocabulary: readonly string[]): string[] {
  const random = randomIntegers(11);
  const letters = (count: number): string =>
    Array.from({ length: count }, () => LETTERS[random(LETTERS.length)]).join('');
  const words = Array.from({ length: 3000 }, () => {
    const word = vocabulary[FIRST_WORD + random(vocabulary.length - FIRST_WORD)];
    return random(2) === 0 ? word : word + letters(1 + random(1 + random(60)));
  });
  return Array.from({ length: 300 }, (_, line) => words.slice(10 * line, 10 * line + 10).join(' '));
}
