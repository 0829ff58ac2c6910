// Every disk call of a run fails once, as on a full disk: nothing is lost, nothing is left lying about.
// ALECTRA_SLOW=short tries every eleventh call. Then the system itself refuses: files may not grow, a disk is full.

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundle } from './bundle.test-support.js';
import { readCheckpoint } from './checkpoint-folder.js';
import { memoryFolder } from './memory-folder.test-support.js';

const STRIDE = process.env.ALECTRA_SLOW === 'short' ? 11 : 1;
const TOY_RUN = fileURLToPath(new URL('./toy-run.test-support.ts', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./disk-fault.test-support.ts', import.meta.url));

let root: string;
beforeAll(() => {
  root = memoryFolder('fault');
});
afterAll(() => rmSync(root, { recursive: true }));

test('C3: a run whose disk call fails goes on or says so, and resumes to the same bits', async () => {
  const flags = ['--import', 'tsx', '--conditions=@alectra/source', PROGRAM, root, String(STRIDE)];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { maxBuffer: 1 << 24 });
  const tries = stdout
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { said: string; kept: boolean; weight: number[]; left: string[] },
    );
  const { parameters } = await readCheckpoint(join(root, 'whole/checkpoints/step-000012'));
  expect(tries.length).toBeGreaterThan(50 / STRIDE);
  for (const { said, kept, weight, left } of tries) {
    expect(kept).toBe(true);
    expect(weight).toEqual([...(parameters.weight?.data ?? [])]);
    expect(left).toEqual([]);
    expect(said).toMatch(/^(finished|save-failed)$|ENOSPC/);
  }
  expect(tries.filter(({ said }) => said === 'save-failed').length).toBeGreaterThan(0);
}, 1_200_000);

test('C4: a run whose files may not grow says so at the end, and resumes to the same bits', async () => {
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

// only root may mount
const asRoot = process.getuid?.() === 0 && process.platform === 'linux' ? test : test.skip;

asRoot(
  'C4: a run on a full disk keeps its checkpoints, and resumes to the same bits once there is room',
  async () => {
    const program = await bundle(TOY_RUN, join(root, 'bundle-full'));
    const whole = join(root, 'roomy');
    await promisify(execFile)(process.execPath, [program, whole]);
    // in a mount namespace of its own: first too little room, then enough
    const script = [
      `mkdir -p "${root}/disk" && mount -t tmpfs -o size=48k tmpfs "${root}/disk"`,
      `"${process.execPath}" "${program}" "${root}/disk/run"; echo "code $?"`,
      `ls "${root}/disk/run/checkpoints"`,
      `mount -o remount,size=4m "${root}/disk" && "${process.execPath}" "${program}" "${root}/disk/run"`,
      `cp -r "${root}/disk/run" "${root}/from-full"`,
    ].join('\n');
    const { stdout, stderr } = await promisify(execFile)('unshare', ['-m', 'bash', '-c', script]);
    expect(stdout).toContain('code 1\n');
    expect(stderr).toMatch(/could not be written to .*ENOSPC/);
    expect(stdout).toMatch(/^step-0000/m);
    const [a, b] = await Promise.all(
      [whole, join(root, 'from-full')].map((folder) =>
        readCheckpoint(join(folder, 'checkpoints/step-000040')),
      ),
    );
    expect(b?.parameters).toEqual(a?.parameters);
    expect(b?.optimizer).toEqual(a?.optimizer);
  },
  120_000,
);

asRoot(
  'C5: a run in a folder that is read-only ends at once and leaves it as it was',
  async () => {
    const program = await bundle(TOY_RUN, join(root, 'bundle-read-only'));
    const disk = join(root, 'read-only');
    const script = [
      `mkdir -p "${disk}" && mount -t tmpfs -o size=4m tmpfs "${disk}" && mkdir "${disk}/run"`,
      `mount -o remount,ro "${disk}" && "${process.execPath}" "${program}" "${disk}/run"; echo "code $?"`,
      `ls -A "${disk}/run"`,
    ].join('\n');
    const { stdout, stderr } = await promisify(execFile)('unshare', ['-m', 'bash', '-c', script]);
    expect(stdout).toBe('code 1\n');
    expect(stderr).toMatch(/EROFS: read-only file system, .*lock/);
  },
  120_000,
);
