// The package bundled for a browser and run in a bare context: no process, no require, no Node.

import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { WordPieceTokenizer } from './index.js';
import { mixedLines, smallVocabulary } from './test-support.js';

const lines = mixedLines(200, 6);
const expected = WordPieceTokenizer.fromVocab(smallVocabulary()).encodeRagged(lines);

test.each(['with', 'without'])('it runs in a browser %s WebAssembly', async (mode) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./index.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'wordpiece',
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  });
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
