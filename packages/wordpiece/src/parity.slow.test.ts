// Parity with Hugging Face over whole vocabularies and tens of megabytes.
//
// With ALECTRA_PYTHON (tokenizers 0.23) every id is compared; with ALECTRA_PYTHON_OVERFLOW (tokenizers
// 0.22.2) every window. Without them the stored hashes are. ALECTRA_UPDATE=1 rewrites the hashes from
// what Python said. The short form (ALECTRA_SLOW=short) compares with the hashes only. The texts and vocabularies of ../shared/data are local; those tests skip without.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { type WordPieceOptions, WordPieceTokenizer } from './index.js';
import {
  ADDED_TOKENS,
  caseResult,
  idStream,
  mixedLines,
  optionCases,
  scalarLines,
  sha256,
  smallVocabulary,
} from './test-support.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const data = process.env.ALECTRA_TEST_DATA ?? join(root, '../shared/data');
const python = process.env.ALECTRA_SLOW === 'short' ? undefined : process.env.ALECTRA_PYTHON;
const pythonOverflow = process.env.ALECTRA_PYTHON_OVERFLOW;
const goldenPath = fileURLToPath(new URL('../fixtures/parity.json', import.meta.url));
const golden: Record<string, string> = JSON.parse(readFileSync(goldenPath, 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
const onData = existsSync(join(data, 'vocab')) ? test : test.skip;

afterAll(() => {
  rmSync(folder, { recursive: true });
  if (process.env.ALECTRA_UPDATE) writeFileSync(goldenPath, `${JSON.stringify(golden, null, 1)}\n`);
});

const smallPath = join(folder, 'small.txt');
writeFileSync(smallPath, `${smallVocabulary().join('\n')}\n`);

function oracle(python: string, command: 'ids' | 'cases', config: object, input: string): Buffer {
  const paths = ['config.json', 'input', 'output'].map((name) => join(folder, name));
  writeFileSync(paths[0], JSON.stringify(config));
  writeFileSync(paths[1], input);
  const script = join(root, 'tools/reference/wordpiece_oracle.py');
  execFileSync(python, [script, command, ...paths], { stdio: 'ignore' });
  return readFileSync(paths[2]);
}

function compareIds(name: string, vocab: string, options: WordPieceOptions, lines: string[]): void {
  const tokenizer = WordPieceTokenizer.fromVocab(readFileSync(vocab), options);
  const found = idStream(tokenizer, lines);
  if (python) {
    const bytes = oracle(python, 'ids', { ...options, vocab, special: [] }, lines.join('\n'));
    const expected = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    let at = 0;
    let differing = 0;
    for (const line of lines) {
      const { ids } = tokenizer.encode(line, { addSpecialTokens: false });
      const isEqual =
        expected[at] === ids.length && ids.every((id, t) => expected[at + 1 + t] === id);
      if (!isEqual) differing++;
      at += 1 + expected[at];
    }
    expect({ lines: lines.length, differing }).toEqual({ lines: lines.length, differing: 0 });
    if (process.env.ALECTRA_UPDATE) golden[name] = sha256(expected);
  }
  expect(sha256(found)).toBe(golden[name]);
}

const SETTINGS: [name: string, options: WordPieceOptions][] = [
  ['uncased', {}],
  ['cased', { lowercase: false }],
  ['lowercase only', { stripAccents: false, cleanText: false, handleChineseChars: false }],
];

test.each(SETTINGS)('a small vocabulary, %s', (name, options) => {
  compareIds(`small ${name}`, smallPath, options, [...mixedLines(2000, 1), ...scalarLines(97)]);
});

test('every scalar value in ten contexts, and 100,000 mixed lines', () => {
  compareIds('all scalars', smallPath, {}, scalarLines(1));
  compareIds('all mixed', smallPath, {}, mixedLines(100000, 3));
});

function realText(): string[] {
  const stories = ['wiki-en-2018', 'reuters-21578'].flatMap((name) =>
    readFileSync(join(data, `corpus/${name}.jsonl`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => (JSON.parse(line) as { text: string }).text.split(/\n+/)),
  );
  return [...stories, ...readFileSync(join(data, 'text/ml-udhr.txt'), 'utf8').split('\n')];
}

onData.each([
  ['uncased', {}],
  ['cased', { lowercase: false }],
  ['multilingual-cased', { lowercase: false }],
])('34 MB of real text, bert-base-%s', (name, options) => {
  const vocab = join(data, `vocab/bert-base-${name}-vocab.txt`);
  compareIds(`real ${name}`, vocab, options, realText());
});

test.each([
  ['small options', 1500, 2],
  ['options', 20000, 4],
] as const)('windows, padding, offsets and word ids: %s', (name, count, seed) => {
  const tokenizer = WordPieceTokenizer.fromVocab(smallVocabulary(), { addedTokens: ADDED_TOKENS });
  const cases = optionCases(count, seed);
  const found = cases.map((item) => caseResult(tokenizer, item));
  if (pythonOverflow) {
    const config = { vocab: smallPath, added: ADDED_TOKENS };
    const answer = oracle(pythonOverflow, 'cases', config, JSON.stringify(cases));
    const { results, tokenizers } = JSON.parse(answer.toString()) as {
      results: (object[] | { error: string })[];
      tokenizers: string;
    };
    expect(tokenizers).toBe('0.22.2');
    const expected = results.map((result) => ('error' in result ? 'error' : result));
    for (const [k, result] of expected.entries())
      expect([cases[k], found[k]]).toEqual([cases[k], result]);
    if (process.env.ALECTRA_UPDATE) golden[name] = sha256(JSON.stringify(expected));
  }
  expect(sha256(JSON.stringify(found))).toBe(golden[name]);
});
