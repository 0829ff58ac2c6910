// The package bundled for a browser and run in a bare context: no process, no require, no Node.

import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { build, transform } from 'esbuild';
import { WordPieceTokenizer } from './index.js';
import { mixedLines, smallVocabulary } from './test-support.js';

const lines = mixedLines(200, 6);
const expected = WordPieceTokenizer.fromVocab(smallVocabulary()).encodeRagged(lines);

const bundled = build({
  entryPoints: [fileURLToPath(new URL('./index.ts', import.meta.url))],
  bundle: true,
  write: false,
  platform: 'browser',
  format: 'iife',
  globalName: 'wordpiece',
  logLevel: 'error',
  logOverride: { 'empty-import-meta': 'silent' },
});

test('minified and gzipped it is smaller than 60 kB, tables and WebAssembly included', async () => {
  const { code } = await transform((await bundled).outputFiles[0].text, { minify: true });
  expect(gzipSync(code).length).toBeLessThan(60_000);
});

test('importing it does nothing', async () => {
  const calls: string[] = [];
  const called = (name: string) => () => calls.push(name);
  const context = createContext({ TextEncoder, TextDecoder });
  for (const name of ['atob', 'fetch', 'setTimeout', 'queueMicrotask', 'postMessage'])
    context[name] = called(name);
  context.WebAssembly = { Module: called('Module'), compile: called('compile') };
  const before = runInContext('Reflect.ownKeys(globalThis)', context) as string[];
  runInContext((await bundled).outputFiles[0].text, context);
  const after = runInContext('Reflect.ownKeys(globalThis)', context) as string[];
  expect(calls).toEqual([]);
  expect(after.filter((name) => !before.includes(name))).toEqual(['wordpiece']);
});

test.each(['with', 'without'])('it runs in a browser %s WebAssembly', async (mode) => {
  const { outputFiles } = await bundled;
  const context = createContext({
    TextEncoder,
    TextDecoder,
    atob,
    lines,
    vocabulary: smallVocabulary(),
  });
  if (mode === 'without') runInContext('delete globalThis.WebAssembly', context);
  runInContext(outputFiles[0].text, context);
  const found = runInContext(
    `const { ids, rowSplits } = wordpiece.WordPieceTokenizer.fromVocab(vocabulary).encodeRagged(lines);
     ({ ids: [...ids], rowSplits: [...rowSplits] })`,
    context,
  ) as { ids: number[]; rowSplits: number[] };
  expect([...found.ids]).toEqual([...expected.ids]);
  expect([...found.rowSplits]).toEqual([...expected.rowSplits]);
});
