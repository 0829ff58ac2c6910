// The package bundled for a browser and run in a bare context: no process, no require, no Node.

import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { beforeAll, expect, test } from '@jest/globals';
import { build, type Plugin } from 'esbuild';
import { close } from './close.test-support.js';
import { fillMask } from './index.js';
import { maskedLM, maskedTexts, ready, tokenizer } from './models.test-support.js';

beforeAll(ready);

/** Engines for Node are empty modules in a browser: `auto` then takes the eager one. */
const withoutNode: Plugin = {
  name: 'without-node',
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:|koffi$|onnxruntime-node$)/ }, ({ path }) => ({
      path,
      namespace: 'empty',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({
      contents: 'module.exports = {}',
    }));
  },
};

const PROGRAM = `
  import '@tensorflow/tfjs-backend-cpu';
  import { AlbertForMaskedLM, albertMaskedLM } from '@alectra/albert';
  import { registerKernels } from '@alectra/nn';
  import { WordPieceTokenizer } from '@alectra/wordpiece';
  import { fillMask } from '@alectra/pipelines';
  export async function answer(config, params, vocabulary, texts) {
    registerKernels();
    const fill = await fillMask({
      model: { config, params, ...albertMaskedLM(config) },
      tokenizer: WordPieceTokenizer.fromVocab(vocabulary),
    });
    const answers = await fill.call(texts);
    fill.dispose();
    return JSON.stringify({ engine: fill.engine, answers });
  }
`;

test('it answers in a browser as in Node', async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'program',
    conditions: ['@alectra/source'],
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    plugins: [withoutNode],
  });
  const texts = maskedTexts(5);
  const vocabulary = [...tokenizer.getVocab()].sort((a, b) => a[1] - b[1]).map(([token]) => token);
  // What every browser has and a bare context lacks.
  const context = createContext({
    ...{ TextEncoder, TextDecoder, atob, setTimeout, performance, Float32Array, Int32Array },
    ...{ Uint8Array, ArrayBuffer, queueMicrotask },
    given: [maskedLM.config, maskedLM.params, vocabulary, texts],
  });
  runInContext(
    'globalThis.window = globalThis.self = globalThis; globalThis.document = {};',
    context,
  );
  runInContext(outputFiles[0].text, context);
  const found: unknown = JSON.parse(await runInContext('program.answer(...given)', context));
  const fill = await fillMask({ model: maskedLM, tokenizer, engine: 'eager' });
  const expected = { engine: 'eager', answers: await fill.call(texts) };
  fill.dispose();
  expect(close(found, expected)).toEqual([]);
});
