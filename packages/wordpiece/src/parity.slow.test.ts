// Parity with Hugging Face over whole vocabularies and tens of megabytes.
//
// With ALECTRA_PYTHON (tokenizers 0.23) every id is compared; with ALECTRA_PYTHON_OVERFLOW (tokenizers
// 0.22.2) every window. Without them the stored hashes are. ALECTRA_UPDATE=1 rewrites the hashes from
// what Python said. The short form (ALECTRA_SLOW=short) compares a part of each text with its hash, without
// Python. The texts and vocabularies of ../shared/data are local; those tests skip without.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type WordPieceOptions, WordPieceTokenizer } from './index.js';
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

const root = fileURLToPath(new URL('../../..', import.meta.url));
const data = process.env.ALECTRA_TEST_DATA ?? join(root, '../shared/data');
const isShort = process.env.ALECTRA_SLOW === 'short';
const python = isShort ? undefined : process.env.ALECTRA_PYTHON;
const pythonOverflow = isShort ? undefined : process.env.ALECTRA_PYTHON_OVERFLOW;
const goldenPath = fileURLToPath(new URL('../fixtures/parity.json', import.meta.url));
const golden: Record<string, string> = JSON.parse(readFileSync(goldenPath, 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
const onData = existsSync(join(data, 'vocab')) ? test : test.skip;
const inFull = isShort ? test.skip : test; // what parity.test.ts compares with hashes
/** Of every text; the full form compares the part too, and so can rewrite its hash. */
const EXTENTS = isShort ? (['part'] as const) : (['part', 'all'] as const);

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

function compareIds(
  name: string,
  vocab: string,
  options: WordPieceOptions,
  texts: () => Iterable<string>,
): void {
  const tokenizer = WordPieceTokenizer.fromVocab(readFileSync(vocab), options);
  const found = idsHash(tokenizer, texts());
  if (python) {
    const lines = [...texts()];
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
  expect(found).toBe(golden[name]);
}

const SETTINGS: [name: string, options: WordPieceOptions][] = [
  ['uncased', {}],
  ['cased', { lowercase: false }],
  ['lowercase only', { stripAccents: false, cleanText: false, handleChineseChars: false }],
];

inFull.each(SETTINGS)('a small vocabulary, %s', (name, options) => {
  const lines = [...mixedLines(2000, 1), ...scalarLines(97)];
  compareIds(`small ${name}`, smallPath, options, () => lines);
});

test.each(EXTENTS)('scalar values in ten contexts, and mixed lines: %s', (extent) => {
  const [sparseFrom, lines] = extent === 'all' ? [0x110000, 100_000] : [0x20000, 10_000];
  compareIds(`${extent} scalars`, smallPath, {}, () => scalarLines(97, sparseFrom));
  compareIds(`${extent} mixed`, smallPath, {}, () => mixedLines(lines, 3));
});

/** News, encyclopedia and 500 languages; of a part, each tenth story and line. */
function realText(extent: 'part' | 'all'): string[] {
  const lines = (name: string) =>
    readFileSync(join(data, name), 'utf8')
      .split('\n')
      .filter((_, n) => extent === 'all' || n % 10 === 0);
  const stories = ['wiki-en-2018', 'reuters-21578'].flatMap((name) =>
    lines(`corpus/${name}.jsonl`)
      .filter((line) => line !== '')
      .flatMap((line) => (JSON.parse(line) as { text: string }).text.split(/\n+/)),
  );
  return [...stories, ...lines('text/ml-udhr.txt')];
}

describe.each(EXTENTS)('34 MB of real text: %s', (extent) => {
  onData.each([
    ['uncased', {}],
    ['cased', { lowercase: false }],
    ['multilingual-cased', { lowercase: false }],
  ])('bert-base-%s', (name, options) => {
    const vocab = join(data, `vocab/bert-base-${name}-vocab.txt`);
    compareIds(`${extent} real ${name}`, vocab, options, () => realText(extent));
  });
});

const OPTIONS = [
  ['part options', 4000, 4],
  ['small options', 1500, 2],
  ['all options', 20000, 4],
] as const;

test.each(isShort ? OPTIONS.slice(0, 1) : OPTIONS)(
  'windows, padding, offsets and word ids: %s',
  (name, count, seed) => {
    const tokenizer = WordPieceTokenizer.fromVocab(smallVocabulary(), {
      addedTokens: ADDED_TOKENS,
    });
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
  },
);
