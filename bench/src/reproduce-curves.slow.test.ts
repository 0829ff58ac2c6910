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

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'curves-'));
});
afterAll(() => rmSync(out, { recursive: true }));

/** Mean total loss of some steps. */
const meanOf = (steps: readonly (readonly number[])[]): number =>
  steps.reduce((sum, [total = Number.NaN]) => sum + total, 0) / steps.length;

withPython('curves', () => {
  test.each([
    ['alectra-small-owt', 'ALBERT, two labels'],
    ['google-small-owt', 'ELECTRA, one logit'],
  ])(
    'of %s (%s) are those of PyTorch with both optimizers',
    async (preset) => {
      const folder = join(out, preset);
      const flags = ['curves', '--size', 'tiny', '--steps', '30', '--text', 'docs'];
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
        comparisons: { ours: number[][]; largest: object; distance: number }[];
      };
      expect(comparisons).toHaveLength(2);
      for (const { ours, largest, distance } of comparisons) {
        expect(ours).toHaveLength(30);
        // something was learned, and what separates the stacks is rounding
        expect(meanOf(ours.slice(-5))).toBeLessThan(meanOf(ours.slice(0, 5)));
        expect(Math.max(...Object.values(largest).map(Number))).toBeLessThan(1e-5);
        expect(distance).toBeLessThan(1e-3);
      }
    },
    300_000,
  );
});
