// Signals, closed pipes and exit codes of the whole program (reference: 0 done, 2 usage, 75 stopped and resumable,
// 130 stopped at once).

import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Outcome, outcome, runProgram, tinyProject, tinyRun } from './test-support.js';

const LONG = 300_000;
const isShort = process.env.ALECTRA_SLOW === 'short';
/** All three take one way through the program. */
const SIGNALS = isShort ? (['SIGTERM'] as const) : (['SIGTERM', 'SIGINT', 'SIGHUP'] as const);
const MISTAKES = [
  ['a folder without a model', ['detect', '.', 'text'], 'there is no exported discriminator'],
  ['no text', ['--preset', 'quickstart', '--out', 'nowhere'], 'there is nothing to train on'],
  ['an unknown flag', ['--colour', 'red'], "unknown option '--colour'"],
  ['an unknown preset', ['--preset', 'x'], 'there is no preset "x"'],
  ['nothing to resume', ['--resume', 'nowhere'], 'there is nothing to resume in nowhere'],
] as const;

let root: string;
let expected: Outcome;
beforeAll(async () => {
  root = tinyProject();
  const folder = join(root, 'whole');
  expect(await runProgram(tinyRun(root, folder))).toMatchObject({ code: 0, signal: null });
  expected = await outcome(folder);
}, LONG);
afterAll(() => rmSync(root, { recursive: true }));

/** Sends each signal once, the first when a held-out line shows that training is under way. */
function sending(...signals: NodeJS.Signals[]): Parameters<typeof runProgram>[1] {
  const left = [...signals];
  return (child, errors) => {
    if (left.length === signals.length && !errors.includes('held-out at step 8')) return;
    const next = left.shift();
    if (next) child.kill(next);
  };
}

describe('a signal', () => {
  test.each(SIGNALS)(
    'S1: %s finishes the step, saves, exits 75, and the run resumes to the same bits',
    async (signal) => {
      const folder = join(root, signal);
      const stopped = await runProgram(tinyRun(root, folder), sending(signal));
      expect(stopped).toMatchObject({ code: 75, signal: null });
      expect(stopped.errors).toContain(`Go on with: npm run pretrain -- --resume ${folder}`);
      expect(JSON.parse(stopped.output)).toMatchObject({ status: 'interrupted' });
      expect(await runProgram(['--resume', folder])).toMatchObject({ code: 0 });
      expect(await outcome(folder)).toEqual(expected);
    },
    LONG,
  );

  test(
    'S1: SIGINT twice stops at once with 130, and the run resumes to the same bits',
    async () => {
      const folder = join(root, 'twice');
      const { code } = await runProgram(tinyRun(root, folder), sending('SIGINT', 'SIGINT'));
      // the second may come when the first has already ended the run
      expect([130, 75]).toContain(code);
      expect(await runProgram(['--resume', folder])).toMatchObject({ code: 0 });
      expect(await outcome(folder)).toEqual(expected);
    },
    LONG,
  );
});

test(
  'S3: a closed pipe ends neither the run nor its quiet',
  async () => {
    const folder = join(root, 'pipe');
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const flags = tinyRun(root, folder).join(' ');
    const line = `"${process.execPath}" --import tsx --conditions=@alectra/source "${main}" ${flags} 2>&1 | head -n 1`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', line]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr).toBe('');
    expect(await outcome(folder)).toEqual(expected);
  },
  LONG,
);

test(
  'S3: a closed pipe does not make an answer look like a failure',
  async () => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const node = `"${process.execPath}" --import tsx --conditions=@alectra/source "${main}"`;
    const line = `${node} detect "${join(root, 'whole')}" "the cat sees a dog" | true; exit \${PIPESTATUS[0]}`;
    const { stderr } = await promisify(execFile)('bash', ['-c', line]);
    expect(stderr).toBe('');
  },
  LONG,
);

describe('a mistake', () => {
  test.each(isShort ? MISTAKES.slice(0, 2) : MISTAKES)(
    'such as %s ends with one message and code 2, before anything is made',
    async (_, flags, message) => {
      const before = readdirSync('.');
      const ended = await runProgram(flags);
      expect(ended).toMatchObject({ code: 2, output: '' });
      expect(ended.errors).toContain(message);
      expect(ended.errors).not.toMatch(/^\s+at /m);
      expect(readdirSync('.')).toEqual(before);
    },
    LONG,
  );
});
