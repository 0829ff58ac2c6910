import type { Options } from 'tsup';

/** Build recipe shared by every package: ESM, one declaration bundle per entry, source maps. */
export function library(entry: string[] = ['src/index.ts']): Options {
  return {
    entry,
    format: 'esm',
    target: 'node20',
    platform: 'neutral',
    tsconfig: 'tsconfig.build.json',
    dts: true,
    sourcemap: true,
    clean: true,
    splitting: true,
  };
}
