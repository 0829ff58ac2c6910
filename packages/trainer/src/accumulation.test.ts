import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { toyBatch, toySource, toyTask } from './test-support.js';
import { toyRuns } from './toy-runs.test-support.js';
import type { TrainingTask } from './training-task.js';

tf.env().set('IS_TEST', true);

const { train, trainUntil, saved, logged } = toyRuns();

describe('gradient accumulation', () => {
  test('takes the mean over micro-batches and one schedule step an optimizer step', async () => {
    const rates: number[] = [];
    const schedule = (step: number): number => {
      rates.push(step);
      return 0.05;
    };
    await train('a', { steps: 4, schedule }, { accumulation: 3, maxGradientNorm: undefined });
    expect(rates).toEqual([0, 1, 2, 3]);
    expect((await logged('a')).at(-2)).toMatchObject({ step: 4, tokens: 48 });
  });

  test('of the same batch twice equals the batch once', async () => {
    // without noise, which differs between micro-batches
    const quiet: TrainingTask = {
      ...toyTask,
      loss: (params, batch, { seed, counter }) =>
        toyTask.loss(params, batch, { seed, counter: tf.mul(counter, tf.scalar(0, 'int32')) }),
    };
    let at = 0;
    const twice = { ...toySource(), next: async () => toyBatch(Math.floor(at++ / 2)) };
    await train('once', {}, { task: quiet });
    await train('twice', {}, { task: quiet, accumulation: 2, source: twice });
    const weights = async (name: string) => [
      ...((await saved(name, 20)).parameters.weight?.data ?? []),
    ];
    const once = await weights('once');
    expect(once).toHaveLength(3);
    expect(await weights('twice')).toEqual(once.map((weight) => expect.closeTo(weight, 5)));
  });

  test('C9: resumes to the same bits', async () => {
    const options = () => ({ accumulation: 3, source: toySource() });
    await train('whole', {}, options());
    await trainUntil(7, 'parts', {}, options());
    await train('parts', {}, options());
    expect((await saved('parts', 20)).parameters).toEqual((await saved('whole', 20)).parameters);
  });
});
