// The exported folders answer in Hugging Face transformers as they do here. Wants ALECTRA_PYTHON.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { expectPythonAgrees, python } from './python-answers.test-support.js';
import { runProgram, tinyProject, tinyRun } from './test-support.js';

tf.enableProdMode();
registerKernels('cpu');

// family, labels, what stays unread
const ALL_FAMILIES: readonly [string, Record<number, string>, readonly string[]][] = [
  ['albert', { 0: 'ORIGINAL', 1: 'REPLACED' }, []],
  ['bert', { 0: 'ORIGINAL', 1: 'REPLACED' }, ['cls.predictions.bias']],
  ['electra', { 0: 'LABEL_0', 1: 'LABEL_1' }, []],
];
const FAMILIES = ALL_FAMILIES.slice(0, process.env.ALECTRA_SLOW === 'short' ? 1 : undefined);

let root: string;
const UNTIED = ['model.tieWordEmbeddings=false'];
const folderOf = (family: string) => join(root, family);
beforeAll(async () => {
  root = tinyProject();
  for (const [family] of FAMILIES) {
    const sets = [`model.family=${family}`, ...(family === 'bert' ? UNTIED : [])];
    const flags = [...tinyRun(root, folderOf(family)), ...sets.flatMap((set) => ['--set', set])];
    expect(await runProgram(flags)).toMatchObject({ code: 0 });
  }
}, 300_000);
afterAll(() => rmSync(root, { recursive: true }));

(python ? test : test.skip).each(FAMILIES)(
  'transformers loads both networks of %s and answers the same',
  async (family, labels, leftovers) => {
    expect(await expectPythonAgrees(folderOf(family))).toMatchObject({
      leftovers,
      maxLength: 64,
      labels,
    });
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
