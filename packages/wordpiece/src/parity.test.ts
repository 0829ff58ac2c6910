// Ids, offsets and windows against Hugging Face, as hashes of what tools/reference/wordpiece_oracle.py
// wrote for the same texts (parity.slow.test.ts with ALECTRA_PYTHON repeats it and can rewrite them).

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';
import {
  ADDED_TOKENS,
  caseResult,
  idsHash,
  mixedLines,
  optionCases,
  scalarLines,
  sha256,
  smallVocabulary,
} from './test-support.js';

const golden: Record<string, string> = JSON.parse(
  readFileSync(new URL('../fixtures/parity.json', import.meta.url), 'utf8'),
);

describe.each(['auto', 'typescript'] as const)('with the %s engine', (engine) => {
  test.each([
    ['uncased', {}],
    ['cased', { lowercase: false }],
    ['lowercase only', { stripAccents: false, cleanText: false, handleChineseChars: false }],
  ])('ids of mixed lines and scalar values are those of Hugging Face: %s', (name, options) => {
    const tokenizer = WordPieceTokenizer.fromVocab(smallVocabulary(), { ...options, engine });
    const lines = [...mixedLines(2000, 1), ...scalarLines(97)];
    expect(idsHash(tokenizer, lines)).toBe(golden[`small ${name}`]);
  });
});

test('windows, padding, offsets and word ids are those of Hugging Face', () => {
  const tokenizer = WordPieceTokenizer.fromVocab(smallVocabulary(), { addedTokens: ADDED_TOKENS });
  const results = optionCases(1500, 2).map((item) => caseResult(tokenizer, item));
  expect(results.filter((result) => result !== 'error').length).toBeGreaterThan(1000);
  expect(sha256(JSON.stringify(results))).toBe(golden['small options']);
});
