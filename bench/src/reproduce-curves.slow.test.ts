// The comparison itself, on models for tests: it agrees with PyTorch, and it would notice if it did not.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const withPython = process.env.ALECTRA_PYTHON === undefined ? describe.skip : describe;

// rates at which 30 steps learn something: those of the presets would be next to nothing
const ALL_CASES = [
  ['alectra-small-owt', 'ALBERT, two labels', 'lamb', '2e-3'],
  ['google-small-owt', 'ELECTRA, one logit', 'adamw', '1e-4'],
  ['alectra-small-owt', 'ALBERT, two labels', 'adamw', '1e-4'],
  ['google-small-owt', 'ELECTRA, one logit', 'lamb', '2e-3'],
] as const;
/** In short each preset with its own optimizer. */
const CASES = ALL_CASES.slice(0, process.env.ALECTRA_SLOW === 'short' ? 2 : undefined);

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'curves-'));
});
afterAll(() => rmSync(out, { recursive: true }));

/** Mean total loss of some steps. */
const meanOf = (steps: readonly (readonly number[])[]): number =>
  steps.reduce((sum, [total = Number.NaN]) => sum + total, 0) / steps.length;

withPython('curves', () => {
  test.each(CASES)(
    'of %s (%s) with %s are those of PyTorch',
    async (preset, _, optimizer, peak) => {
      const folder = join(out, `${preset}-${optimizer}`);
      const flags = ['curves', '--size', 'tiny', '--steps', '30', '--text', 'docs'];
      flags.push('--optimizers', optimizer, '--peak', peak);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          ...[
            '--import',
            'tsx',
            '--conditions=@alectra/source',
            'bench/src/reproduce.ts',
            ...flags,
          ],
          ...['--preset', preset, '--out', folder],
        ],
        { cwd: ROOT },
      );
      expect(stdout).toContain('largest relative difference over all steps (limit 0.001)');
      const { comparisons } = JSON.parse(readFileSync(join(folder, 'curves.json'), 'utf8')) as {
        comparisons: { ours: number[][]; largest: Record<string, object>; distance: number }[];
      };
      expect(comparisons).toHaveLength(1);
      for (const { ours, largest, distance } of comparisons) {
        expect(ours).toHaveLength(30);
        // something was learned, and what separates the stacks is rounding
        expect(meanOf(ours.slice(-5))).toBeLessThan(meanOf(ours.slice(0, 5)));
        const [judged = {}] = Object.values(largest);
        expect(Math.max(...Object.values(judged).map(Number))).toBeLessThan(1e-5);
        expect(distance).toBeLessThan(1e-3);
      }
    },
    300_000,
  );
});
