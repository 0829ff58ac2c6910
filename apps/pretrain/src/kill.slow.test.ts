// The whole program, from text to exported model, killed with `kill -9` at random moments and resumed: in the end
// the same bits as an uninterrupted run. At least 20 kills; ALECTRA_SLOW=short makes 3.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { outcome, runProgram, tinyProject, tinyRun } from './test-support.js';

const KILLS = process.env.ALECTRA_SLOW === 'short' ? 3 : 20;

let root: string;
beforeAll(() => {
  root = tinyProject();
});
afterAll(() => rmSync(root, { recursive: true }));

/** Runs or resumes; true when it finished, false when it was killed. */
async function run(folder: string, killAfterMs?: number): Promise<boolean> {
  const isBegun = existsSync(join(folder, 'config.json'));
  const flags = isBegun ? ['--resume', folder] : tinyRun(root, folder);
  let timer: NodeJS.Timeout | undefined;
  const { code, signal, errors } = await runProgram(flags, (child) => {
    if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  clearTimeout(timer);
  if (signal !== 'SIGKILL' && code !== 0)
    throw new Error(`the run ended with code ${code}: ${errors}`);
  return code === 0;
}

test(
  `C2: pretraining killed ${KILLS} times ends with the bits of an uninterrupted run`,
  async () => {
    const whole = join(root, 'whole');
    const began = Date.now();
    expect(await run(whole)).toBe(true);
    const duration = Date.now() - began;
    const expected = await outcome(whole);
    expect(expected.lines.length).toBeGreaterThan(15);

    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const folder = join(root, `round-${round}`);
      for (let isDone = false; !isDone; ) {
        isDone = await run(folder, kills < KILLS ? Math.random() * duration : undefined);
        if (!isDone) kills++;
      }
      expect(await outcome(folder)).toEqual(expected);
      rmSync(folder, { recursive: true });
    }
  },
  20 * 60_000,
);
