import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { listCheckpoints } from './checkpoint-folder.js';
import type { RunEvent } from './run-plan.js';
import { toySource, toyTask } from './test-support.js';
import { toyRuns } from './toy-runs.test-support.js';
import type { TrainingTask } from './training-task.js';

tf.env().set('IS_TEST', true);

const { folder, train, trainUntil, saved, logged } = toyRuns();

describe('the guard in a run', () => {
  const poisoned = (bad: number, at: number) =>
    toySource((index) => (index === at ? bad : undefined));

  test.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
  ])('S4: skips an update with %s and goes on', async (_, bad) => {
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent): void => void events.push(event);
    const result = await train('a', { onEvent, evaluateEvery: 0 }, { source: poisoned(bad, 6) });
    expect(result.status).toBe('finished');
    expect(events.filter(({ kind }) => kind === 'refused')).toMatchObject([{ step: 7 }]);
    for (const tensor of Object.values((await saved('a', 20)).parameters))
      expect(tensor.data.every(Number.isFinite)).toBe(true);
  });

  test('S4: skips an update whose loss is finite but its gradient is not', async () => {
    // the slope of a root at zero is infinite, and zero times that is not a number
    const rooted: TrainingTask = {
      ...toyTask,
      loss(params, batch, random) {
        const { loss, metrics } = toyTask.loss(params, batch, random);
        const flag = tf.slice(batch.y as tf.Tensor1D, 0, 1);
        const root = tf.sum(tf.sqrt(tf.square(tf.mul(params.bias as tf.Tensor1D, flag))));
        return { loss: tf.add(loss, tf.mul(root, 0)) as tf.Scalar, metrics };
      },
    };
    await train('a', { steps: 10 }, { task: rooted, source: poisoned(0, 6) });
    const refused = (await logged('a')).filter(({ kind }) => kind === 'refused');
    expect(refused).toMatchObject([{ step: 7, loss: expect.any(Number), norm: null }]);
    for (const tensor of Object.values((await saved('a', 10)).parameters))
      expect(tensor.data.every(Number.isFinite)).toBe(true);
  });

  test('S4: forgets the gradients of a refused accumulation', async () => {
    const changes = { accumulation: 2, source: poisoned(Number.NaN, 6) }; // the first half of step 4
    await train('a', { steps: 6 }, changes);
    const refused = (await logged('a')).filter(({ kind }) => kind === 'refused');
    expect(refused.map(({ step }) => step)).toEqual([4]);
    for (const tensor of Object.values((await saved('a', 6)).parameters))
      expect(tensor.data.every(Number.isFinite)).toBe(true);
  });

  test('S4: leaves weights and optimizer as they were', async () => {
    const checkpoint = { everySteps: 1, everySeconds: 0, keepLast: 9, keepEvery: 0 };
    await train('a', { steps: 8, checkpoint }, { source: poisoned(Number.NaN, 6) });
    const [before, after] = [await saved('a', 6), await saved('a', 7)];
    expect(after.parameters).toEqual(before.parameters);
    expect(after.optimizer).toEqual(before.optimizer);
    expect((await saved('a', 8)).parameters).not.toEqual(after.parameters);
  });

  test('S5: skips a spike once it has statistics, and resumes with the same limits', async () => {
    const plan = { guard: { minimum: 8 }, steps: 20 };
    await train('whole', plan, { source: poisoned(1e4, 15) });
    const refused = (await logged('whole')).filter(({ kind }) => kind === 'refused');
    expect(refused).toMatchObject([{ step: 16, batch: '{"at":15}' }]);
    await trainUntil(13, 'parts', plan, { source: poisoned(1e4, 15) });
    await train('parts', plan, { source: poisoned(1e4, 15) });
    expect(await logged('parts')).toEqual(await logged('whole'));
  });

  test('shows the last means while updates are refused, and none before the first accepted one', async () => {
    const shown: Record<string, number>[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'step') shown.push({ ...event.metrics });
    };
    const isBad = (index: number): boolean => index === 0 || (index >= 3 && index <= 8);
    const source = toySource((index) => (isBad(index) ? Number.NaN : undefined));
    await train('a', { steps: 10, onEvent }, { source });
    expect(shown[0]).toEqual({});
    // steps 4 to 9 are refused, and lines are logged after 3, 6 and 9
    for (const metrics of shown.slice(3, 9)) expect(metrics).toEqual(shown[2]);
    expect(shown.flatMap((metrics) => Object.values(metrics)).every(Number.isFinite)).toBe(true);
    const [, second, third] = (await logged('a')).filter(({ kind }) => kind === 'train');
    expect([second?.loss, third?.loss]).toEqual([null, null]);
  });

  test('S4, S7: ends a run that only gets refusals, and keeps the last good checkpoint', async () => {
    const source = toySource((index) => (index >= 6 ? Number.NaN : undefined));
    const result = await train('a', { guard: { refusedInARow: 3 } }, { source });
    expect(result).toMatchObject({
      status: 'diverged',
      step: 9,
      reason: 'the last 3 updates were refused',
    });
    expect(await listCheckpoints(join(folder('a'), 'checkpoints'))).toEqual([5]);
  });
});
