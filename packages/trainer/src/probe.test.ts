// A probe of the parameters now and then, and what its figures must survive.

import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Probe, RunEvent } from './run-plan.js';
import { toyRuns } from './toy-runs.test-support.js';

tf.env().set('IS_TEST', true);

const { train, trainUntil, saved, logged } = toyRuns();

/** The first weight, as a task on other data would see it. */
const probe: Probe = {
  everySteps: 6,
  run: async (parameters) => ({ first: Number((await parameters()).weight?.data[0]) }),
};
const best = { metric: 'loss', mode: 'min' } as const;

describe('a probe', () => {
  test('sees the parameters at its interval and at the end', async () => {
    const checkpoint = { everySteps: 6, everySeconds: 0, keepLast: 9, keepEvery: 0 };
    await train('a', { probe, checkpoint });
    const lines = (await logged('a')).filter(({ kind }) => kind === 'probe');
    expect(lines.map(({ step }) => step)).toEqual([6, 12, 18, 20]);
    for (const { step, first } of lines)
      expect(first).toBe((await saved('a', Number(step))).parameters.weight?.data[0]);
  });

  test.each([5, 6, 7, 13])('is the same in a run stopped at step %i and resumed', async (stop) => {
    // every evaluation saves, at the steps of the probe above all
    const checkpoint = { everySteps: 5, everySeconds: 0, keepLast: 9, keepEvery: 0, best };
    const plan = { probe, checkpoint, evaluateEvery: 6 };
    await train('whole', plan);
    await trainUntil(stop, 'parts', plan);
    await train('parts', plan);
    expect(await logged('parts')).toEqual(await logged('whole'));
  });

  test('that fails is reported and does not end the run', async () => {
    const error = new Error('no such task');
    const events: RunEvent[] = [];
    const failing: Probe = { everySteps: 10, run: () => Promise.reject(error) };
    const onEvent = (event: RunEvent): void => void events.push(event);
    expect((await train('a', { probe: failing, onEvent })).status).toBe('finished');
    expect(events.filter(({ kind }) => kind === 'probe-failed')).toEqual([
      { kind: 'probe-failed', step: 10, error },
      { kind: 'probe-failed', step: 20, error },
    ]);
  });
});
