// The stored WebAssembly module belongs to the sources in assembly/; engine-module.slow.test.ts compiles them.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

test('the module was compiled from these sources', () => {
  const folder = new URL('../assembly/', import.meta.url);
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(new URL(name, folder)));
  const stored = readFileSync(new URL('./engine-module.ts', import.meta.url), 'utf8');
  // otherwise: node tools/reference/wordpiece_wasm.mjs
  expect(stored).toContain(`// Sources: ${hash.digest('hex')}\n`);
});
