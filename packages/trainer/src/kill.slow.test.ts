// `kill -9` at random disk calls and at random moments, then resume, again and again: in the end the run has the
// very bits of one never interrupted. ALECTRA_SLOW=short makes 3 kills instead of 200.

import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundle } from './bundle.test-support.js';
import { readCheckpoint } from './checkpoint-folder.js';
import { memoryFolder } from './memory-folder.test-support.js';
import { readMetrics, timeFields } from './metrics-log.js';

const KILLS = process.env.ALECTRA_SLOW === 'short' ? 3 : 200;
const SOURCE = fileURLToPath(new URL('./toy-run.test-support.ts', import.meta.url));
const seed = Number(process.env.ALECTRA_SEED ?? Math.floor(Math.random() * 2 ** 31));

let root: string;
let program: string;
beforeAll(async () => {
  root = memoryFolder('kill');
  program = await bundle(SOURCE, root);
});
afterAll(() => rmSync(root, { recursive: true }));

/** Runs the toy; resolves with its output, or undefined if it was killed. */
function run(
  folder: string,
  kill: { atCall?: number; afterMs?: number },
): Promise<string | undefined> {
  const flags = [program, folder];
  if (kill.atCall !== undefined) flags.push(String(kill.atCall));
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const timer =
    kill.afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), kill.afterMs);
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(output);
      else reject(new Error(`the run failed with code ${code}: ${errors}`));
    });
  });
}

async function outcome(folder: string) {
  const { parameters, optimizer, state } = await readCheckpoint(
    join(folder, 'checkpoints/step-000040'),
  );
  const lines = (await readMetrics(join(folder, 'metrics.jsonl'))).map((line) =>
    Object.fromEntries(Object.entries(line).filter(([key]) => !timeFields.includes(key))),
  );
  const checkpoints = readdirSync(join(folder, 'checkpoints')).sort();
  return { parameters, optimizer, lines, checkpoints, state: { ...(state as object), seconds: 0 } };
}

test(
  `C1, C2: a run killed ${KILLS} times ends with the bits of an uninterrupted one (seed ${seed})`,
  async () => {
    const random = mulberry32(seed);
    const whole = join(root, 'whole');
    const began = Date.now();
    const calls = Number((await run(whole, {}))?.split(' ')[1]);
    const duration = Date.now() - began;
    expect(calls).toBeGreaterThan(100);
    const expected = await outcome(whole);

    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const folder = join(root, `round-${round}`);
      // a session dies early enough that a run is killed several times before it gets through
      for (let isDone = false; !isDone; ) {
        const share = random();
        const kill =
          random() < 0.7
            ? { atCall: 1 + Math.floor(share * calls) }
            : { afterMs: Math.floor(share * duration) };
        isDone = (await run(folder, kills < KILLS ? kill : {})) !== undefined;
        if (!isDone) kills++;
      }
      expect(await outcome(folder)).toEqual(expected);
      rmSync(folder, { recursive: true });
    }
  },
  45 * 60_000,
);

/** Small seeded generator (Tommy Ettinger's mulberry32), so that a failure can be repeated. */
function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
