// The whole program killed with `kill -9` at random moments and started again: in the end the same bits as an
// uninterrupted run. 12 kills; ALECTRA_SLOW=short makes 2.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { outcome, runProgram, tinyProject } from './test-support.js';

const KILLS = process.env.ALECTRA_SLOW === 'short' ? 2 : 12;

tf.env().set('IS_TEST', true);

let project: Awaited<ReturnType<typeof tinyProject>>;
beforeAll(async () => {
  project = await tinyProject();
});
afterAll(() => rmSync(project.root, { recursive: true }));

/** True when it finished, false when it was killed. */
async function run(out: string, killAfterMs?: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const { code, signal, errors } = await runProgram(
    [
      ...['--model', project.model, '--data', project.data, '--tasks', 'CoLA', '--any-size'],
      ...['--seeds', '1', '--epochs', '6', '--threads', '1', '--no-readme', '--out', out],
      ...['--checkpoint-seconds', '0.05'],
    ],
    (child) => {
      if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    },
  );
  clearTimeout(timer);
  if (signal !== 'SIGKILL' && code !== 0)
    throw new Error(`the run ended with code ${code}: ${errors}`);
  return code === 0;
}

test(
  `fine-tuning killed ${KILLS} times ends with the bits of an uninterrupted run`,
  async () => {
    const whole = join(project.root, 'whole');
    const began = Date.now();
    expect(await run(whole)).toBe(true);
    const duration = Date.now() - began;
    const expected = await outcome(join(whole, 'CoLA/seed-1'));

    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const out = join(project.root, `round-${round}`);
      for (let isDone = false; !isDone; ) {
        isDone = await run(out, kills < KILLS ? Math.random() * duration : undefined);
        if (!isDone) kills++;
      }
      expect(await outcome(join(out, 'CoLA/seed-1'))).toEqual(expected);
      expect(existsSync(join(out, 'CoLA/seed-1/checkpoints'))).toBe(false);
      rmSync(out, { recursive: true });
    }
  },
  20 * 60_000,
);
