// The exported folders answer in Hugging Face transformers as they do here. Wants ALECTRA_PYTHON.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { detectReplaced, fillMask } from './ask.js';
import { runProgram, tinyProject, tinyRun } from './test-support.js';

tf.enableProdMode();
registerKernels('cpu');
const python = process.env.ALECTRA_PYTHON;
const ask = fileURLToPath(
  new URL('../../../tools/reference/trainer_ask_export.py', import.meta.url),
);
const MASKED = 'The old bird [MASK] my friend.';
const PLAIN = 'The cat likes a dog number 12.';

let root: string;
const folderOf = (family: string) => join(root, family);
beforeAll(async () => {
  root = tinyProject();
  for (const family of ['albert', 'electra']) {
    const flags = [...tinyRun(root, folderOf(family)), '--set', `model.family=${family}`];
    expect(await runProgram(flags)).toMatchObject({ code: 0 });
  }
}, 300_000);
afterAll(() => rmSync(root, { recursive: true }));

(python ? test : test.skip).each([
  ['albert', { 0: 'ORIGINAL', 1: 'REPLACED' }],
  ['electra', { 0: 'LABEL_0', 1: 'LABEL_1' }],
])(
  'transformers loads both networks of %s and answers the same',
  async (family, labels) => {
    const folder = folderOf(family);
    const text = execFileSync(python ?? '', [ask, join(folder, 'model'), MASKED, PLAIN], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const theirs = JSON.parse(text);
    expect(theirs.leftovers).toEqual([]);
    expect(theirs.maxLength).toBe(64);
    expect(theirs.labels).toEqual(labels);
    const [answers = []] = await fillMask(folder, MASKED);
    expect(answers.map(({ token, score }) => [token, score])).toEqual(
      theirs.answers.map(([token, score]: [string, number]) => [token, expect.closeTo(score, 5)]),
    );
    const verdicts = await detectReplaced(folder, PLAIN);
    expect(verdicts.map(({ token, replaced }) => [token, replaced])).toEqual(
      theirs.verdicts.map(([token, score]: [string, number]) => [token, expect.closeTo(score, 5)]),
    );
  },
  300_000,
);

test('the model card says what was trained and how well it does', () => {
  const card = readFileSync(join(folderOf('albert'), 'model/generator/README.md'), 'utf8');
  expect(card).toMatch(/^---\nlanguage: en\nlicense: apache-2.0\nlibrary_name: transformers\n/);
  expect(card).toContain('pipeline_tag: fill-mask');
  expect(card).toContain('| training | 40 steps of 8 x 16 tokens, adamw, peak rate 0.0015 |');
  expect(card).toMatch(
    /\| held-out loss \| \d\.\d{3} nats \(token frequencies alone: \d\.\d{3}\) \|/,
  );
});
