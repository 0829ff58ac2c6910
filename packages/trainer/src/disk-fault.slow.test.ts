// Every disk call of a run fails once, as on a full disk: nothing is lost, nothing is left lying about.
// ALECTRA_SLOW=short tries every eleventh call. Then the system itself refuses to let files grow.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundle } from './bundle-test-support.js';
import { readCheckpoint } from './checkpoint-folder.js';

const STRIDE = process.env.ALECTRA_SLOW === 'short' ? 11 : 1;
const TOY_RUN = fileURLToPath(new URL('./toy-run-test-support.ts', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./disk-fault-test-support.ts', import.meta.url));

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fault-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('a run whose disk call fails goes on or says so, and resumes to the same bits', async () => {
  const flags = ['--import', 'tsx', '--conditions=@alectra/source', PROGRAM, root, String(STRIDE)];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { maxBuffer: 1 << 24 });
  const tries = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { said: string; weight: number[]; left: string[] });
  const { parameters } = await readCheckpoint(join(root, 'whole/checkpoints/step-000012'));
  expect(tries.length).toBeGreaterThan(50 / STRIDE);
  for (const { said, weight, left } of tries) {
    expect(weight).toEqual([...(parameters.weight?.data ?? [])]);
    expect(left).toEqual([]);
    expect(said).toMatch(/^(finished|save-failed)$|ENOSPC/);
  }
  expect(tries.filter(({ said }) => said === 'save-failed').length).toBeGreaterThan(0);
}, 1_200_000);

test('a run whose files may not grow says so at the end, and resumes to the same bits', async () => {
  const program = await bundle(TOY_RUN, join(root, 'bundle'));
  const run = promisify(execFile);
  const [whole, small] = [join(root, 'unlimited'), join(root, 'limited')];
  await run(process.execPath, [program, whole]);
  // one block of 1,024 bytes: metrics.jsonl outgrows it, as on a full disk the checkpoints have to wait
  const limited = `ulimit -f 1; exec "${process.execPath}" "${program}" "${small}"`;
  await expect(run('bash', ['-c', limited])).rejects.toMatchObject({
    stderr: expect.stringContaining('trainer: the checkpoint of step 40 could not be written to'),
  });
  await run(process.execPath, [program, small]);
  const [a, b] = await Promise.all(
    [whole, small].map((folder) => readCheckpoint(join(folder, 'checkpoints/step-000040'))),
  );
  expect(b?.parameters).toEqual(a?.parameters);
  expect(b?.optimizer).toEqual(a?.optimizer);
}, 120_000);
