// The stored WebAssembly module is, byte for byte, what the AssemblyScript compiler makes of assembly/.
// ALECTRA_SLOW=short leaves it out: text-module.test.ts compares the hashes of both and the compiler's version.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const inFull = process.env.ALECTRA_SLOW === 'short' ? test.skip : test;

inFull(
  'compiling the sources gives the stored module',
  () => {
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const command = ['tools/reference/owt_wasm.mjs', '--check'];
    const output = execFileSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
    expect(Number(output)).toBeGreaterThan(1000);
  },
  300_000,
);
