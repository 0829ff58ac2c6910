import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { trainWordPiece, trainWordPieceFiles, WordPieceTokenizer } from './index.js';
import { mixedLines } from './test-support.js';

const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

describe('training', () => {
  test('joins the most frequent pair first, ties by the smaller ids', () => {
    // pairs: a ##b twice and ##b ##c once in abc, ab; then abc's rest
    expect(trainWordPiece(['abc ab'], { vocabSize: 20, minFrequency: 1 })).toEqual([
      ...[...SPECIAL, 'a', 'b', 'c', '##b', '##c'],
      ...['ab', 'abc'],
    ]);
  });
  test('stops at the size, and at pairs that are too rare', () => {
    expect(trainWordPiece(['abc ab'], { vocabSize: 11, minFrequency: 1 })).toHaveLength(11);
    expect(trainWordPiece(['abc ab'], { minFrequency: 2 }).slice(10)).toEqual(['ab']);
  });
  test('counts overlapping pairs once', () => {
    // ##a ##a occurs at two places that share a symbol: one of them is joined
    const learnt = trainWordPiece(['aaaa'], { minFrequency: 1 }).slice(5);
    expect(learnt).toEqual(['a', '##a', '##aa', 'aaa', 'aaaa']);
  });
  test('keeps the most frequent characters, and those asked for', () => {
    const options = { limitAlphabet: 2, initialAlphabet: ['q'], minFrequency: 9 };
    expect(trainWordPiece(['a a a b b c'], options).slice(5)).toEqual(['a', 'q']);
  });
  test.each([
    // what follows a character that is not kept continues its word
    [['zab zab zab ab ab'], { limitAlphabet: 2 }, ['a', 'b', '##a', '##b', '##ab', 'ab']],
    // a special token of one character is a character to keep
    [
      ['xab xab aa aa bb bb'],
      { limitAlphabet: 2, specialTokens: ['[UNK]', 'x'] },
      ['[UNK]', 'x', 'a', 'b', '##a', '##b', 'xa', 'aa', 'bb', 'xab'],
    ],
    [['a b c'], { limitAlphabet: 1, initialAlphabet: ['x', 'y'] }, ['x']],
  ])('takes characters as Hugging Face does: %j %j', (texts, options, expected) => {
    const given = { specialTokens: [], minFrequency: 1, vocabSize: 40, ...options };
    expect(trainWordPiece(texts, given)).toEqual(expected);
  });
  test('does not make pieces longer than asked', () => {
    const tokens = trainWordPiece(['abcdef abcdef'], { maxTokenLength: 2 });
    expect(tokens.filter((token) => token.replace('##', '').length > 2)).toEqual(SPECIAL);
  });
  test('does not depend on the order of the texts', () => {
    const lines = mixedLines(300, 7);
    const options = { vocabSize: 4000, minFrequency: 1 };
    expect(trainWordPiece([...lines].reverse(), options)).toEqual(trainWordPiece(lines, options));
  });
  test('does not depend on the number of threads', async () => {
    const path = join(folder, 'lines.txt');
    const lines = mixedLines(100, 9).map((line) => line.replace(/\n/g, ''));
    writeFileSync(path, lines.join('\n'));
    const options = { vocabSize: 4000, minFrequency: 1 };
    const expected = trainWordPiece(lines, options);
    expect(await trainWordPieceFiles([path], options)).toEqual(expected);
    expect(await trainWordPieceFiles([path], { ...options, workers: 2 })).toEqual(expected);
  });
  test('refuses a size that the alphabet exceeds', () => {
    expect(() => trainWordPiece(['abc'], { vocabSize: 6 })).toThrow(
      /cannot train a vocabulary of 6 entries: .* make 10/,
    );
  });
  test('yields a vocabulary that covers its text', () => {
    const lines = mixedLines(300, 8);
    const tokens = trainWordPiece(lines, { limitAlphabet: 1e6, vocabSize: 50000, minFrequency: 3 });
    const { ids } = WordPieceTokenizer.fromVocab(tokens, {
      maxInputCharsPerWord: 1000,
    }).encodeRagged(lines);
    expect(ids.includes(1)).toBe(false);
  });
});
