// The best checkpoint where a disk refuses a better one.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import * as real from './checkpoint-folder.js';
import { memoryFolder } from './memory-folder.test-support.js';
import { toyOptions, toyPlan } from './test-support.js';

tf.env().set('IS_TEST', true);

let failAt: number | undefined;
jest.unstable_mockModule('./checkpoint-folder.js', () => ({
  ...real,
  writeCheckpoint: async (folder: string, checkpoint: real.Checkpoint) => {
    if (checkpoint.step === failAt)
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    return real.writeCheckpoint(folder, checkpoint);
  },
}));
const { openTrainer } = await import('./trainer.js');

let folder: string;
beforeEach(() => {
  folder = memoryFolder('best');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Steps whose checkpoints are left of a run that is evaluated at steps 0, 7, 14 and 20. */
async function kept(losses: readonly number[]): Promise<number[]> {
  const left = [...losses];
  const { evaluation } = toyOptions(folder);
  if (!evaluation) throw new Error('the toy run has an evaluation');
  const measured = { ...evaluation, summarise: () => ({ loss: left.shift() ?? Number.NaN }) };
  const trainer = await openTrainer(toyOptions(folder, { evaluation: measured }));
  const best = { metric: 'loss', mode: 'min' } as const;
  const checkpoint = { everySteps: 5, everySeconds: 0, keepLast: 1, keepEvery: 0, best };
  await trainer.run(toyPlan({ checkpoint }));
  await trainer.close();
  return real.listCheckpoints(join(folder, 'checkpoints'));
}

test.each([
  ['C8: of all evaluations is kept', undefined, [9, 3, 2, 5], [14, 20]],
  ['C8: stays while a better one cannot be written', 14, [9, 3, 2, 5], [7, 20]],
  ['C8: is measured against what is on disk', 14, [9, 5, 2, 3], [20]],
])('the best checkpoint %s', async (_, at, losses, steps) => {
  failAt = at;
  expect(await kept(losses)).toEqual(steps);
});
