// Flags that cannot mean anything, refused before a file is touched.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createProgram } from './command-line.js';

const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
afterAll(() => rmSync(folder, { recursive: true }));

const call = (...flags: string[]): Promise<unknown> =>
  createProgram().parseAsync(flags, { from: 'user' });

test.each([
  [['--exact', '--preset', 'quickstart'], '--exact without --resume'],
  [['--allow-config-change', 'seed'], '--allow-config-change without --resume'],
  [['--resume', folder, '--recipe', 'a.yaml', '--out', 'b'], '--recipe and --out with --resume'],
  [['--resume', folder, '--init-from', 'a'], '--init-from with --resume'],
  [['--resume', folder], 'there is nothing to resume'],
  [[], 'there is no recipe'],
])('%j is refused', async (flags, message) => {
  await expect(call(...flags)).rejects.toThrow(message);
  expect(readdirSync(folder)).toEqual([]);
});

test('quickstart refuses a folder with a run, and says how to go on with it', async () => {
  const run = join(folder, 'a run');
  mkdirSync(run);
  writeFileSync(join(run, 'config.json'), '{}');
  await expect(call('quickstart', '--out', run)).rejects.toThrow(
    `Go on with it: npm run pretrain -- --resume '${run}'`,
  );
});

test('quickstart refuses a number of steps, which it measures', async () => {
  const run = join(folder, 'none');
  await expect(call('quickstart', '--out', run, '--set', 'schedule.steps=5')).rejects.toThrow(
    'the quickstart cannot take --set schedule.steps=5: found steps, which it measures itself.',
  );
  expect(existsSync(run)).toBe(false);
});
