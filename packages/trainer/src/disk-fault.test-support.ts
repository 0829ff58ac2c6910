// A program for a test: the toy run once for every disk call, which fails as on a full disk, then resumed.
//
//   disk-fault <folder> <stride>
//
// Prints one JSON line a call: what the run said, whether its last checkpoint was still good, and what the resumed one
// ended with.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from './checkpoint-folder.js';
import { watchDiskCalls } from './disk-calls.test-support.js';
import type { RunEvent } from './run-plan.js';
import { toyOptions, toyPlan } from './test-support.js';
import { openTrainer } from './trainer.js';

const [root = '', stride = '1'] = process.argv.slice(2);
const calls = await watchDiskCalls();

let lastSaved: string | undefined;

async function run(folder: string): Promise<RunEvent['kind'][]> {
  const kinds: RunEvent['kind'][] = [];
  const onEvent = (event: RunEvent): void => {
    kinds.push(event.kind);
    if (event.kind === 'checkpoint') lastSaved = event.path;
  };
  const trainer = await openTrainer(toyOptions(folder));
  try {
    await trainer.run(toyPlan({ steps: 12, onEvent }));
  } finally {
    await trainer.close().catch((error: unknown) => {
      // a lock that cannot be given back ends with its process, which goes on here; any other lock left is a fault
      rmSync(join(folder, 'lock'), { force: true });
      throw error;
    });
  }
  return kinds;
}

const before = calls.count();
await run(join(root, 'whole'));
const total = calls.count() - before;
for (let at = 1; at <= total; at += Number(stride)) {
  const folder = join(root, `call-${at}`);
  calls.arm(at, () => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  });
  lastSaved = undefined;
  let said: string;
  try {
    const kinds = await run(folder);
    said = kinds.includes('save-failed') ? 'save-failed' : 'finished';
  } catch (error) {
    said = (error as Error).message;
  }
  calls.arm(undefined);
  const kept = lastSaved === undefined || (await readCheckpoint(lastSaved)).step > 0;
  await run(folder);
  const { parameters } = await readCheckpoint(join(folder, 'checkpoints/step-000012'));
  const left = readdirSync(join(folder, 'checkpoints')).filter((name) => name.startsWith('.'));
  const weight = [...(parameters.weight?.data ?? [])];
  process.stdout.write(`${JSON.stringify({ at, said, kept, weight, left })}\n`);
  rmSync(folder, { recursive: true });
}
