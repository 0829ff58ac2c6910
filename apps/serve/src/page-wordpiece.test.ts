// The tokenizer in a real browser: bundled as a page would bundle it, its ids, offsets and words equal Node's.

import { WordPieceTokenizer } from '@alectra/wordpiece';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { browserPath, launch } from './page-browser.test-support.js';
import { TINY_VOCABULARY } from './tiny-models.test-support.js';

const TEXTS = [
  'the old CAT likes my friend, and 42 dogs.',
  'Zoë naïve e\u0301 🙂 日本 \u200b\u00ad\ttab',
  '[MASK] of [SEP] x',
  '',
  'a'.repeat(300),
];

(browserPath ? describe : describe.skip)('the tokenizer in a browser', () => {
  test('encodes and decodes as in Node', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: "export { WordPieceTokenizer } from '@alectra/wordpiece';",
        resolveDir: import.meta.dirname,
      },
      conditions: ['@alectra/source'],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      globalName: 'wordpiece',
      logOverride: { 'empty-import-meta': 'silent' },
    });
    const tokenizer = WordPieceTokenizer.fromVocab([...TINY_VOCABULARY]);
    const expected = TEXTS.map((text) => {
      const { ids, offsets } = tokenizer.encode(text, { offsets: true });
      return { ids: [...ids], offsets: [...offsets], text: tokenizer.decode(ids) };
    });
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
      const found = await page.evaluate(`(() => {
        const tokenizer = wordpiece.WordPieceTokenizer.fromVocab(${JSON.stringify(TINY_VOCABULARY)});
        return ${JSON.stringify(TEXTS)}.map((text) => {
          const { ids, offsets } = tokenizer.encode(text, { offsets: true });
          return { ids: [...ids], offsets: [...offsets], text: tokenizer.decode(ids) };
        });
      })()`);
      expect(found).toEqual(expected);
      expect(expected[0]?.ids.length).toBeGreaterThan(10);
    } finally {
      await browser.close();
    }
  }, 240_000);
});
