// Hugging Face's pipelines asked now, for texts that are not stored: a run of random sentences for every task.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { close } from './close.test-support.js';
import { ready } from './models.test-support.js';
import { optionsOf, type PythonCase, pipelineFor } from './python-answers.test-support.js';

const python = process.env.ALECTRA_PYTHON;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const PIECES =
  "the cat John smithson Paris's café 中国 😀 é́ don't un mated zebra [MASK] [SEP] . , !? (a-b) 123".split(
    ' ',
  );
const STRATEGIES = ['none', 'simple', 'first', 'average', 'max'];
const COUNT = 60;

/** Sentences of up to 14 pieces; every second one has a mask for certain. */
function sentence(seed: number): string {
  let state = seed * 2654435761;
  const random = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const words = Array.from({ length: random(8) }, () => PIECES[random(PIECES.length)]);
  if (seed % 2 === 0) words.splice(random(words.length + 1), 0, '[MASK]');
  return words.join(' ');
}

function askPython(cases: readonly PythonCase[]): PythonCase[] {
  const folder = mkdtempSync(join(tmpdir(), 'alectra-pipelines-'));
  try {
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
    const args = ['tools/reference/pipelines_answers.py', '--answer', join(folder, 'cases.json')];
    const output = execFileSync(python ?? '', args, {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const caseOf = (task: string, model: string, seed: number): PythonCase => {
  const options = {
    'fill-mask': seed % 3 ? { top_k: 1 + (seed % 20) } : { targets: ['cat', 'dogs', 'paris'] },
    'token-classification': {
      aggregation_strategy: STRATEGIES[seed % 5],
      ignore_labels: seed % 2 ? [] : ['O'],
    },
    'text-classification': { top_k: null },
    'feature-extraction': {},
  }[task];
  return { task, model, input: sentence(seed), options: options ?? {} };
};

const TASKS = [
  ['fill-mask', 'masked-lm'],
  ['token-classification', 'tokens'],
  ['text-classification', 'labels'],
  ['feature-extraction', 'encoder'],
] as const;

(python ? describe : describe.skip)('with ALECTRA_PYTHON', () => {
  let answers: readonly PythonCase[];

  beforeAll(async () => {
    await ready();
    const seeds = Array.from({ length: COUNT }, (_, seed) => seed);
    answers = askPython(
      TASKS.flatMap(([task, model]) => seeds.map((seed) => caseOf(task, model, seed))),
    );
  }, 600_000);

  test.each(TASKS.map(([task]) => task))(
    '%s',
    async (task) => {
      const cases = answers.filter((each) => each.task === task);
      const pipeline = await pipelineFor(cases[0], 'onnxruntime');
      for (const each of cases) {
        const { input, options, answer, error } = each;
        const found = pipeline.call([input], optionsOf(each));
        if (error) {
          await expect(found).rejects.toThrow(error.type === 'RuntimeError' ? '' : error.message);
          continue;
        }
        const differences = close((await found)[0], answer);
        expect({ input, options, differences }).toEqual({ input, options, differences: [] });
      }
      expect(cases.filter((each) => each.answer).length).toBeGreaterThan(COUNT / 3);
      pipeline.dispose();
    },
    120_000,
  );
});
