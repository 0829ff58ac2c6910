// The quickstart as a new user runs it, and what it must reach on two idle cores: see the targets below.
// ALECTRA_SLOW=short trains for 5 seconds and asks only that everything is there. With ALECTRA_PYTHON, what it exports
// answers the same in Hugging Face transformers.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerKernels } from '@alectra/nn';
import { readMetrics } from '@alectra/trainer';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { expectPythonAgrees, python } from './python-answers.test-support.js';
import { runProgram } from './test-support.js';

tf.enableProdMode();
registerKernels('cpu');
const isShort = process.env.ALECTRA_SLOW === 'short';
const SECONDS = isShort ? 5 : 180;

let root: string;
let folder: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quickstart-'));
  folder = join(root, 'run');
});
afterAll(() => rmSync(root, { recursive: true }));

test(
  'the quickstart trains, reports, and suggests commands that work',
  async () => {
    const ended = await runProgram(['quickstart', '--out', folder, '--seconds', String(SECONDS)]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.errors).toMatch(/^text: \d\.\d MB of prose from [\d,]+ Markdown files/);
    expect(ended.errors).toMatch(/training: \d+ steps of \d+ ms/);
    for (const part of [
      'generator loss',
      'discriminator AUC',
      'Fill in the mask',
      'What to type next',
    ])
      expect(ended.output).toContain(part);

    const suggested = [...ended.output.matchAll(/npm run pretrain -- (\S+) \S+(?: "(.+)")?/g)];
    expect(suggested.map(([, command]) => command)).toEqual(['fill-mask', 'detect', 'compare']);
    for (const [, command = '', text] of suggested) {
      const answer = await runProgram([command, folder, ...(text === undefined ? [] : [text])]);
      expect(answer).toMatchObject({ code: 0, errors: '' });
      expect(answer.output.trim().split('\n').length).toBeGreaterThan(2);
    }

    const lines = await readMetrics(join(folder, 'metrics.jsonl'));
    const heldOut = lines.filter(({ kind }) => kind === 'evaluate');
    const figure = (at: number, name: string): number => Number(heldOut.at(at)?.[name]);
    expect(Math.abs(figure(0, 'generatorLoss') - Math.log(8192))).toBeLessThan(0.1);
    if (python) expect(await expectPythonAgrees(folder)).toMatchObject({ leftovers: [] });
    if (isShort) return;
    expect(figure(0, 'generatorLoss') - figure(-1, 'generatorLoss')).toBeGreaterThan(2);
    expect(figure(-1, 'generatorAccuracy')).toBeGreaterThan(1.5 * figure(-1, 'unigramAccuracy'));
    expect(figure(-1, 'auc')).toBeGreaterThan(0.53);
  },
  20 * 60_000,
);
