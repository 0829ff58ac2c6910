// Other hosts: a process without WebAssembly SIMD, and a thread of its own in it.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';
import { mixedLines, sha256, smallVocabulary } from './test-support.js';

// V8 has no WebAssembly SIMD on x64 without SSE 4.1
(process.arch === 'x64' ? test : test.skip)(
  'ids without WebAssembly SIMD, in the main thread and in another, are the same',
  () => {
    const source = new URL('./', import.meta.url).href;
    const script = `
      import { Worker, isMainThread, parentPort } from 'node:worker_threads';
      import { WordPieceTokenizer } from '${source}index.ts';
      import { mixedLines, sha256, smallVocabulary } from '${source}test-support.ts';
      const simd = Uint8Array.from(atob('AGFzbQEAAAABBQFgAAF7AwIBAAoKAQgAQQD9D/1iCw=='), (c) => c.charCodeAt(0));
      const { ids } = WordPieceTokenizer.fromVocab(smallVocabulary()).encodeRagged(mixedLines(200, 13));
      console.log(JSON.stringify([WebAssembly.validate(simd), sha256(ids)]));`;
    const inThread = `
      import { register } from '${import.meta.resolve('tsx/esm/api')}';
      register();
      await import(${JSON.stringify(`data:text/javascript,${encodeURIComponent(script)}`)});`;
    const main = `${script}
      const worker = new Worker(new URL(${JSON.stringify(`data:text/javascript,${encodeURIComponent(inThread)}`)}));
      worker.on('error', (error) => { throw error; });`;
    const output = execFileSync(
      process.execPath,
      ['--no-enable-sse4-1', '--import', 'tsx', '--input-type=module', '--eval', main],
      { encoding: 'utf8', cwd: fileURLToPath(source) },
    );
    const { ids } = WordPieceTokenizer.fromVocab(smallVocabulary()).encodeRagged(
      mixedLines(200, 13),
    );
    const expected = JSON.stringify([false, sha256(ids)]);
    expect(output.trim().split('\n')).toEqual([expected, expected]);
  },
  120_000,
);
