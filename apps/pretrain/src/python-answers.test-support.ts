// What Hugging Face transformers answers for a run's exported networks, against what we answer.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { detectReplaced, fillMask } from './ask.js';

const SCRIPT = fileURLToPath(
  new URL('../../../tools/reference/trainer_ask_export.py', import.meta.url),
);
const MASKED = 'The old bird [MASK] my friend.';
const PLAIN = 'The cat likes a dog number 12.';

/** An interpreter with transformers and torch, if there is one. */
export const python: string | undefined = process.env.ALECTRA_PYTHON;

/** What Python read of the export, beside its answers. */
export interface PythonExport {
  /** Parameters missing or left over; empty for a whole export. */
  readonly leftovers: readonly string[];
  readonly maxLength: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Asks both networks of a run, here and in Python, and expects the same tokens and scores. */
export async function expectPythonAgrees(run: string): Promise<PythonExport> {
  const text = execFileSync(python ?? 'python', [SCRIPT, join(run, 'model'), MASKED, PLAIN], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const theirs = JSON.parse(text);
  const near = (pairs: [string, number][]) =>
    pairs.map(([token, score]) => [token, expect.closeTo(score, 5)]);
  const [answers = []] = await fillMask(run, MASKED);
  expect(answers.map(({ token, score }) => [token, score])).toEqual(near(theirs.answers));
  const verdicts = await detectReplaced(run, PLAIN);
  expect(verdicts.map(({ token, replaced }) => [token, replaced])).toEqual(near(theirs.verdicts));
  return theirs;
}
