// The core in a real browser, with WebAssembly SIMD and without; browser.test.ts has what needs none.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { type Findings, findings } from './real-browser-test-support.js';
import { mixedLines, smallVocabulary } from './test-support.js';

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
if (browser === undefined)
  test.skip('the core in a browser: none found (Debian package chromium)', () => {});

const vocabulary = smallVocabulary();
const lines = mixedLines(200, 14);

(browser === undefined ? describe.skip : describe)('the core in a browser', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wordpiece-browser-'));
    await build({
      entryPoints: [fileURLToPath(new URL('./real-browser-test-support.ts', import.meta.url))],
      outfile: join(folder, 'core.js'),
      bundle: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'core',
      logLevel: 'error',
      logOverride: { 'empty-import-meta': 'silent' },
    });
    writeFileSync(
      join(folder, 'run.js'),
      `const found = core.findings(${JSON.stringify(vocabulary)}, ${JSON.stringify(lines)});
       document.title = encodeURIComponent(JSON.stringify(found));`,
    );
    writeFileSync(
      join(folder, 'page.html'),
      '<!doctype html><meta charset="utf-8"><script src="core.js"></script><script src="run.js"></script>',
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the page found, in a fresh profile. */
  function visit(...flags: string[]): Findings {
    const page = execFileSync(
      browser as string, // without one this is skipped
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}/profile`],
        ...[...flags, '--dump-dom', pathToFileURL(join(folder, 'page.html')).href],
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 },
    );
    const title = /<title>(.*)<\/title>/.exec(page)?.[1];
    return JSON.parse(decodeURIComponent(title ?? '')) as Findings;
  }

  test('gives the same numbers and texts as here', () => {
    expect(visit()).toEqual({ ...findings(vocabulary, lines), hasSimd: true });
  }, 120_000);

  // V8 has no WebAssembly SIMD on x64 without SSE 4.1
  (process.arch === 'x64' ? test : test.skip)(
    'gives them without WebAssembly SIMD as well',
    () => {
      const found = visit('--js-flags=--no-enable-sse4-1');
      expect(found).toEqual({ ...findings(vocabulary, lines), hasSimd: false });
    },
    120_000,
  );
});
