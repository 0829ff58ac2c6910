import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adamw, type Optimizer } from '@alectra/optim';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { listCheckpoints } from './checkpoint-folder.js';
import { initialOptimizerState } from './programs.js';
import { toyOptions, toyPlan } from './test-support.js';
import { toyRuns } from './toy-runs.test-support.js';
import { openTrainer } from './trainer.js';

tf.env().set('IS_TEST', true);

const { folder, train, saved, logged } = toyRuns();

describe('a run', () => {
  test('fits the line and leaves the folder that the design promises', async () => {
    const result = await train('a', { steps: 60 });
    expect(result.status).toBe('finished');
    const evaluations = (await logged('a')).filter(({ kind }) => kind === 'evaluate');
    expect(evaluations.map(({ step }) => step)).toEqual([0, 7, 14, 21, 28, 35, 42, 49, 56, 60]);
    expect(Number(evaluations.at(-1)?.loss)).toBeLessThan(0.5 * Number(evaluations[0]?.loss));
    const files = readdirSync(folder('a')).map((name) => name.replace(/tfevents.*/, 'tfevents'));
    expect(files.sort()).toEqual([
      'checkpoints',
      'config.json',
      'events.out.tfevents',
      'metrics.jsonl',
    ]);
    expect(await listCheckpoints(join(folder('a'), 'checkpoints'))).toEqual([50, 55, 60]);
    expect(readFileSync(join(folder('a'), 'checkpoints/latest'), 'utf8')).toBe('step-000060\n');
  });

  test('logs every third step and the last, with means over the steps between', async () => {
    await train('a');
    const lines = (await logged('a')).filter(({ kind }) => kind === 'train');
    expect(lines.map(({ step }) => step)).toEqual([3, 6, 9, 12, 15, 18, 20]);
    expect(lines.map(({ tokens }) => tokens)).toEqual([12, 24, 36, 48, 60, 72, 80]);
    // the mean over rows equals the loss when all steps are accepted
    for (const line of lines) expect(Number(line.rootError) ** 2).toBeCloseTo(Number(line.loss), 5);
  });

  test('measures a step without leaving a trace', async () => {
    await train('plain');
    const trainer = await openTrainer(toyOptions(folder('measured')));
    expect(await trainer.measure(0.01)).toBeGreaterThan(0);
    await trainer.run(toyPlan());
    await trainer.close();
    expect((await saved('measured', 20)).parameters).toEqual((await saved('plain', 20)).parameters);
  });

  test('keeps no tensors', async () => {
    await train('warm');
    const before = tf.memory().numTensors;
    await train('a');
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('the optimizer state begins as the optimizer says, in memory of its own', () => {
  const parameters = { w: { dtype: 'float32', shape: [2], data: Float32Array.of(3, 4) } } as const;
  const average = { init: (params: object) => params, update: adamw().update } as Optimizer;
  const state = initialOptimizerState(average, parameters);
  expect(state.w).toEqual(parameters.w);
  expect(state.w?.data).not.toBe(parameters.w.data);
});

test('a parameter that the loss does not reach is named', async () => {
  const options = toyOptions('');
  const parameters = async () => ({
    ...(await options.parameters()),
    pooler: { dtype: 'float32' as const, shape: [1], data: new Float32Array(1) },
  });
  await expect(train('a', {}, { parameters })).rejects.toThrow(
    'optim: no gradient for 1 parameters: found no part in the loss for pooler',
  );
});
