// When a run saves, and what it keeps.

import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { listCheckpoints } from './checkpoint-folder.js';
import type { RunEvent } from './run-plan.js';
import { toyRuns } from './toy-runs.test-support.js';

tf.env().set('IS_TEST', true);

const { folder, train, logged } = toyRuns();

describe('a checkpoint', () => {
  /** Steps at which one was written while `act` saw the events. */
  async function savedAt(act: (event: RunEvent, stop: () => void) => void): Promise<number[]> {
    const steps: number[] = [];
    const controller = new AbortController();
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'checkpoint') steps.push(event.step);
      act(event, () => controller.abort('SIGTERM'));
    };
    const { status } = await train('a', { onEvent, signal: controller.signal });
    expect(status).toBe('interrupted');
    return steps;
  }

  test('S2: that is being written when a signal comes is finished, and not written again', async () => {
    expect(
      await savedAt((event, stop) => {
        // the save of step 5 follows the event; these come while its files are written
        if (event.kind === 'step' && event.step === 5) setTimeout(stop, 1);
      }),
    ).toEqual([5]);
  });

  test('C12: asked for by a signal during an evaluation is written once, after it', async () => {
    expect(
      await savedAt((event, stop) => {
        if (event.kind === 'evaluate' && event.step === 7) stop();
      }),
    ).toEqual([5, 7]);
  });

  test('C8: keeps the last, every tenth and the best', async () => {
    const best = { metric: 'loss', mode: 'min' } as const;
    const checkpoint = { everySteps: 5, everySeconds: 0, keepLast: 1, keepEvery: 10, best };
    await train('a', { checkpoint });
    const evaluations = (await logged('a')).filter(
      ({ kind, step }) => kind === 'evaluate' && step !== 0,
    );
    const lowest = evaluations.reduce((a, b) => (Number(b.loss) < Number(a.loss) ? b : a));
    expect(await listCheckpoints(join(folder('a'), 'checkpoints'))).toEqual(
      [...new Set([Number(lowest.step), 10, 20])].sort((a, b) => a - b),
    );
  });

  test('C12: of a step that is the best and due at once is written once', async () => {
    const best = { metric: 'loss', mode: 'min' } as const;
    const checkpoint = { everySteps: 5, everySeconds: 0, keepLast: 9, keepEvery: 0, best };
    const steps: number[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'checkpoint') steps.push(event.step);
    };
    await train('a', { evaluateEvery: 5, checkpoint, onEvent });
    expect(steps).toEqual([5, 10, 15, 20]);
  });

  test('by time is written when the interval has passed', async () => {
    const steps: number[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'checkpoint') steps.push(event.step);
    };
    // any step takes longer than this
    const checkpoint = { everySteps: 0, everySeconds: 1e-9, keepLast: 9, keepEvery: 0 };
    await train('a', { steps: 4, checkpoint, onEvent });
    expect(steps).toEqual([1, 2, 3, 4]);
  });

  test('C12: by time does not mind a clock that is set back or forward', async () => {
    const clock = Date.now();
    let calls = 0;
    const now = jest
      .spyOn(Date, 'now')
      .mockImplementation(() => clock + (calls++ % 2) * 1e11 - 5e10);
    const steps: number[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'checkpoint') steps.push(event.step);
    };
    const checkpoint = { everySteps: 0, everySeconds: 3600, keepLast: 9, keepEvery: 0 };
    await train('a', { checkpoint, onEvent }).finally(() => now.mockRestore());
    expect(steps).toEqual([20]);
  });
});
