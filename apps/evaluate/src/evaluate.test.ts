import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock } from '@alectra/files';
import { glueTasks, readSplit } from '@alectra/glue';
import { registerGradients, registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { loadFinetuned } from './classifier.js';
import { availableTasks, evaluate } from './evaluate.js';
import { explainErrors } from './explain-errors.js';
import { predictRun } from './predict-run.js';
import { probeTasks } from './probe-tasks.js';
import { report } from './report.js';
import { readPredictions } from './run-store.js';
import { listening, outcome, tinyOptions, tinyProject } from './test-support.js';

tf.env().set('IS_TEST', true);
jest.setTimeout(120_000); // seconds of work; a busy machine takes longer

let project: Awaited<ReturnType<typeof tinyProject>>;
beforeAll(async () => {
  registerKernels('cpu');
  registerGradients();
  project = await tinyProject();
});
afterAll(() => rmSync(project.root, { recursive: true }));

describe('an evaluation', () => {
  test('learns a rule, and is not run again', async () => {
    const options = tinyOptions(project, join(project.root, 'learns'));
    const { status, runs } = await evaluate({ ...options, seeds: [1, 2] });
    expect(status).toBe('finished');
    const [first, second] = runs.cola ?? [];
    expect(first.kept.score).toBeGreaterThan(90); // Matthews x 100
    expect(first.steps).toBe(4 * Math.ceil(150 / 16));
    expect(first.evaluations.map(({ step }) => step)).toEqual([20, 40]);
    expect(second.seed).toBe(2);
    expect(options.console.said[0]).toMatch(/has no pooler\.weight, pooler\.bias: drawn anew/);

    const again = { ...options, console: listening(), seeds: [1, 2] };
    const left = join(options.out, 'CoLA/seed-1/checkpoints'); // of a run that was killed after its last write
    mkdirSync(left);
    expect(await evaluate(again)).toEqual({ status, runs });
    expect(again.console.steps).toBe(0);
    expect(existsSync(left)).toBe(false);
    expect(again.console.said.at(-1)).toMatch(/^CoLA seed 2: \d+\.\d, as found in /);
  });

  test('keeps names of labels with the model, whose head is that of the task', async () => {
    const folder = join(project.root, 'learns/CoLA/seed-1/model');
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    expect(config.architectures).toEqual(['AlbertForSequenceClassification']);
    expect(config.id2label).toEqual({ 0: 'unacceptable', 1: 'acceptable' });
    const { parameters } = await loadFinetuned(folder);
    expect(parameters['classifier.weight'].shape).toEqual([2, 32]);
  });

  test('refuses a folder of another configuration', async () => {
    const options = tinyOptions(project, join(project.root, 'learns'));
    await expect(
      evaluate({ ...options, settings: { ...options.settings, epochs: 5 } }),
    ).rejects.toThrow(
      /holds a run with another configuration:\n.*epochs.*4.*5[\s\S]*Give another --out/,
    );
  });

  test('stopped at any step and continued, ends with the same bits', async () => {
    const whole = tinyOptions(project, join(project.root, 'whole'));
    await evaluate(whole);
    const out = join(project.root, 'stopped');
    for (const stopAt of [3, 20, 33]) {
      const controller = new AbortController();
      const live = listening();
      const { status } = await evaluate({
        ...tinyOptions(project, out),
        signal: controller.signal,
        console: {
          ...live,
          step: (_, { step }) => {
            if (step === stopAt) controller.abort();
          },
        },
      });
      expect(status).toBe('interrupted');
      expect(existsSync(join(out, 'CoLA/seed-1/checkpoints/latest'))).toBe(true);
    }
    const last = tinyOptions(project, out);
    const { runs } = await evaluate(last);
    expect(last.console.steps).toBe(40 - 33);
    expect(runs.cola?.[0].evaluations.length).toBe(2);
    expect(await outcome(join(out, 'CoLA/seed-1'))).toEqual(
      await outcome(join(project.root, 'whole/CoLA/seed-1')),
    );
    expect(existsSync(join(out, 'CoLA/seed-1/checkpoints'))).toBe(false);
  });

  test('is left to the process that is at it', async () => {
    const out = join(project.root, 'locked');
    const lock = await acquireLock(join(out, 'CoLA/seed-1/lock'));
    await expect(evaluate(tinyOptions(project, out))).rejects.toMatchObject({ code: 'locked' });
    await lock.release();
  });

  test('keeps the best evaluation if asked to', async () => {
    const options = tinyOptions(project, join(project.root, 'best'));
    const { runs } = await evaluate({ ...options, keep: 'best' });
    const [{ kept, evaluations }] = runs.cola ?? [];
    const scores = evaluations.map(({ score }) => score ?? 0);
    expect(kept.score).toBe(Math.max(...scores));
    expect(kept.step).toBe(evaluations[scores.indexOf(Math.max(...scores))].step);
    // the model that is kept is that of this evaluation, and so are the predictions
    const run = join(options.out, 'CoLA/seed-1');
    const examples = await readSplit(project.data, glueTasks.cola, 'validation', { anySize: true });
    const engine = { engine: 'onnxruntime', threads: 1 } as const;
    const found = await predictRun(run, glueTasks.cola, examples, engine);
    const { validation } = await readPredictions(run);
    for (const [row, logits] of found.entries())
      for (const [k, logit] of logits.entries()) expect(logit).toBeCloseTo(validation[row][k], 4);
  });

  test('that diverges names the run, the step and what to do', async () => {
    const options = tinyOptions(project, join(project.root, 'diverges'));
    const settings = { ...options.settings, learningRate: 1e30 };
    await expect(evaluate({ ...options, settings })).rejects.toThrow(
      /the run .*seed-1 diverged: loss or gradient of step \d+ is not a finite number\.\nLower --learning-rate/,
    );
  });

  test('of a score trains on a share of it and answers in its units', async () => {
    const options = tinyOptions(project, join(project.root, 'score'));
    const { runs } = await evaluate({
      ...{ ...options, tasks: ['stsb'], settings: { ...options.settings, epochs: 8 } },
    });
    const [run] = runs.stsb ?? [];
    expect(run.examples).toBe(80); // both orders of 40 pairs
    const folder = join(project.root, 'score/STS-B/seed-1');
    const { validation } = JSON.parse(readFileSync(join(folder, 'predictions.json'), 'utf8'));
    const mean = validation.flat().reduce((sum: number, score: number) => sum + score, 0) / 20;
    expect(Math.abs(mean - 3)).toBeLessThan(1);
    const { problem_type: problem } = JSON.parse(
      readFileSync(join(folder, 'model/config.json'), 'utf8'),
    );
    expect(problem).toBe('regression');
  });

  test('from random weights starts elsewhere, and says so in its configuration', async () => {
    const options = tinyOptions(project, join(project.root, 'random'));
    const { runs } = await evaluate({
      ...{ ...options, fromScratch: true, limitTrain: 32, settings: { epochs: 1, batchSize: 16 } },
    });
    const [run] = runs.cola ?? [];
    expect(run.examples).toBe(32);
    expect(run.config).toMatchObject({
      model: 'random weights',
      fromScratch: true,
      limitTrain: 32,
    });
  });

  test('needs the task that a recipe starts from', async () => {
    const options = tinyOptions(project, join(project.root, 'from-mnli'));
    const recipe = { ...options.recipe, startFrom: { stsb: 'mnli' } } as const;
    await expect(evaluate({ ...options, recipe, tasks: ['stsb'] })).rejects.toThrow(
      /STS-B starts from MNLI .*: found no finished run in .*\nAdd MNLI to --tasks, or .*--no-intermediate/,
    );
  });

  test('starts from the encoder of another task', async () => {
    const out = join(project.root, 'learns'); // CoLA is there
    const options = tinyOptions(project, out);
    const recipe = { ...options.recipe, startFrom: { stsb: 'cola' } } as const;
    const settings = { ...options.settings, epochs: 1 };
    const { runs } = await evaluate({ ...options, recipe, settings, tasks: ['stsb'] });
    expect(runs.stsb?.[0].config).toMatchObject({ startFrom: 'cola' });
  });
});

test('answers other examples as it answered those of its evaluation', async () => {
  const run = join(project.root, 'learns/CoLA/seed-1');
  const examples = await readSplit(project.data, glueTasks.cola, 'validation', { anySize: true });
  const engine = { engine: 'onnxruntime', threads: 1 } as const;
  const found = await predictRun(run, glueTasks.cola, examples, engine);
  const { validation } = await readPredictions(run);
  expect(found.length).toBe(40);
  for (const [row, logits] of found.entries())
    for (const [k, logit] of logits.entries()) expect(logit).toBeCloseTo(validation[row][k], 4);
  await expect(predictRun(run, glueTasks.ax, examples, engine)).rejects.toThrow(
    /cannot answer AX: found a run of cola, expected one of mnli\.\n/,
  );
});

test('explains the errors of a run', async () => {
  const options = { data: project.data, anySize: true, worst: 3 };
  const text = await explainErrors({ ...options, run: join(project.root, 'learns/CoLA/seed-1') });
  expect(text).toMatch(/^# Errors on CoLA, 40 examples\n\n## Confusion/);
  const written = readFileSync(join(project.root, 'learns/CoLA/seed-1/errors.md'), 'utf8');
  expect(
    await explainErrors({ ...options, worst: 10, run: join(project.root, 'learns/CoLA/seed-1') }),
  ).toBe(written);
  await expect(explainErrors({ ...options, run: project.root })).rejects.toThrow(
    /is no finished run: found no result\.json/,
  );
});

test('probes the frozen encoder', async () => {
  const { model, source, data, anySize, engine, threads } = tinyOptions(project, project.root);
  const scores = await probeTasks({
    ...{ model, source, data, anySize, engine, threads, console: listening() },
    ...{ tasks: ['cola', 'stsb'], fromScratch: false, maxLength: 32 },
  });
  // one word tells the classes apart, and random features keep it
  expect(scores.CoLA?.matthews_correlation).toBeGreaterThan(0.9);
  expect(Object.keys(scores['STS-B'] ?? {})).toEqual(['pearson', 'spearmanr']);
});

test('finds the tasks whose data is there', async () => {
  expect(await availableTasks(project.data)).toEqual(['cola', 'stsb']);
});

test('reports medians beside the rows of the card', async () => {
  const options = tinyOptions(project, join(project.root, 'learns'));
  const { runs } = await evaluate({ ...options, seeds: [1, 2] });
  const { text, markdown, json, scores } = report({ system: 'tiny', runs, facts: { recipe: 'x' } });
  const [a, b] = (runs.cola ?? []).map(({ kept }) => kept.score ?? 0);
  expect(text).toMatch(/^tiny +\d+\.\d .* median of 2 fine-tunings$/m);
  expect(text).toMatch(/^ALECTRA-Small-OWT .* 50\.6 .* 69\.6 /m);
  expect(text).toMatch(/^CoLA +median .*, std .* \(2 seeds\)$/m);
  expect(text).toMatch(/^ELECTRA-Small\+\+ \(as the card prints it\) .* 57\.0 /m);
  expect(text).toMatch(/^ELECTRA-Small\+\+ \[\d\] +55\.6 /m);
  expect(text).toContain(
    '): none without SST-2, MRPC, STS-B, QQP, MNLI-m, MNLI-mm, QNLI, RTE, WNLI',
  );
  expect(markdown).toContain('- recipe: x');
  expect(100 * (scores.CoLA?.matthews_correlation ?? 0)).toBeCloseTo((a + b) / 2, 6);
  expect(JSON.parse(json).tasks[0]).toMatchObject({ task: 'cola', summary: { count: 2 } });
});
