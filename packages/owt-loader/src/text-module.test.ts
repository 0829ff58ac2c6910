// The stored WebAssembly module belongs to the sources in assembly/ and to the compiler that is installed;
// text-module.slow.test.ts compiles them.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { TEXT_MODULE } from './text-module.js';

// where one differs: node tools/reference/owt_wasm.mjs
const stored = readFileSync(new URL('./text-module.ts', import.meta.url), 'utf8');

test('the module was compiled from these sources', () => {
  const folder = new URL('../assembly/', import.meta.url);
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(new URL(name, folder)));
  expect(stored).toContain(`// Sources: ${hash.digest('hex')}\n`);
});

test('the module was compiled by the installed compiler', () => {
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json');
  expect(stored).toContain(`// Compiler: AssemblyScript ${version}\n`);
});

test('the module is the one that was compiled', () => {
  const hash = createHash('sha256').update(Buffer.from(TEXT_MODULE, 'base64'));
  expect(stored).toContain(`// Module: ${hash.digest('hex')}\n`);
});
