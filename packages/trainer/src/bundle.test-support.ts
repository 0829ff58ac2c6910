// A test program as one file of JavaScript. A test that starts it hundreds of times pays for the start: loading
// the sources through tsx takes five times as long as loading the bundle.

import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles `program` (a TypeScript file) into `folder`; returns the path of the bundle. */
export async function bundle(program: string, folder: string): Promise<string> {
  const outfile = join(folder, 'program.mjs');
  await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@alectra/source'],
    // tfjs as modules, of which only the used parts stay
    mainFields: ['module', 'main'],
    // native, and not used by the eager engine
    external: ['onnxruntime-node', 'koffi'],
    // CommonJS dependencies ask for Node's own modules by require
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'silent',
  });
  return outfile;
}
