import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adamw, type Optimizer } from '@alectra/optim';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { listCheckpoints, readCheckpoint } from './checkpoint-folder.js';
import { readMetrics, timeFields } from './metrics-log.js';
import { initialOptimizerState } from './programs.js';
import type { RunEvent, RunPlan, RunResult } from './run-plan.js';
import { toyBatch, toyOptions, toyPlan, toySource, toyTask } from './test-support.js';
import { openTrainer, type TrainerOptions } from './trainer.js';
import type { TrainingTask } from './training-task.js';

tf.env().set('IS_TEST', true);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trainer-'));
});
afterEach(() => rmSync(root, { recursive: true }));

async function train(
  name: string,
  plan: Partial<RunPlan> = {},
  options: Partial<TrainerOptions> = {},
): Promise<RunResult> {
  const trainer = await openTrainer(toyOptions(join(root, name), options));
  try {
    return await trainer.run(toyPlan(plan));
  } finally {
    await trainer.close();
  }
}

/** Runs until `step` is done, then stops as on SIGTERM. */
async function trainUntil(step: number, name: string, plan: Partial<RunPlan> = {}, options = {}) {
  const controller = new AbortController();
  const onEvent = (event: RunEvent): void => {
    if (event.kind === 'step' && event.step === step) controller.abort('SIGTERM');
  };
  return train(name, { ...plan, signal: controller.signal, onEvent }, options);
}

const newest = async (name: string, step: number) =>
  readCheckpoint(join(root, name, 'checkpoints', `step-${String(step).padStart(6, '0')}`));

const steady = async (name: string) =>
  (await readMetrics(join(root, name, 'metrics.jsonl'))).map((line) =>
    Object.fromEntries(Object.entries(line).filter(([key]) => !timeFields.includes(key))),
  );

const withoutTime = (state: unknown) => ({ ...(state as object), seconds: 0 });

describe('a run', () => {
  test('fits the line and leaves the folder that the design promises', async () => {
    const result = await train('a', { steps: 60 });
    expect(result.status).toBe('finished');
    const evaluations = (await steady('a')).filter(({ kind }) => kind === 'evaluate');
    expect(evaluations.map(({ step }) => step)).toEqual([0, 7, 14, 21, 28, 35, 42, 49, 56, 60]);
    expect(Number(evaluations.at(-1)?.loss)).toBeLessThan(0.5 * Number(evaluations[0]?.loss));
    const files = readdirSync(join(root, 'a')).map((name) =>
      name.replace(/tfevents.*/, 'tfevents'),
    );
    expect(files.sort()).toEqual([
      'checkpoints',
      'config.json',
      'events.out.tfevents',
      'metrics.jsonl',
    ]);
    expect(await listCheckpoints(join(root, 'a/checkpoints'))).toEqual([50, 55, 60]);
    expect(readFileSync(join(root, 'a/checkpoints/latest'), 'utf8')).toBe('step-000060\n');
  });

  test('logs every third step and the last, with means over the steps between', async () => {
    await train('a');
    const lines = (await steady('a')).filter(({ kind }) => kind === 'train');
    expect(lines.map(({ step }) => step)).toEqual([3, 6, 9, 12, 15, 18, 20]);
    expect(lines.map(({ tokens }) => tokens)).toEqual([12, 24, 36, 48, 60, 72, 80]);
    // the mean over rows equals the loss when all steps are accepted
    for (const line of lines) expect(Number(line.rootError) ** 2).toBeCloseTo(Number(line.loss), 5);
  });

  test.each([
    ['in the middle of a log window', 4],
    ['at a checkpoint', 10],
    ['before the first checkpoint', 1],
    ['one step before the end', 19],
  ])('stopped %s and resumed has the same bits and lines', async (_, stop) => {
    await train('whole');
    expect((await trainUntil(stop, 'parts')).status).toBe('interrupted');
    expect((await train('parts')).status).toBe('finished');
    const [whole, parts] = [await newest('whole', 20), await newest('parts', 20)];
    expect(parts.parameters).toEqual(whole.parameters);
    expect(parts.optimizer).toEqual(whole.optimizer);
    expect(withoutTime(parts.state)).toEqual(withoutTime(whole.state));
    expect(await steady('parts')).toEqual(await steady('whole'));
  });

  test('resumed after its last step does nothing', async () => {
    await train('a');
    const before = await steady('a');
    expect(await train('a')).toMatchObject({ status: 'finished', step: 20 });
    expect(await steady('a')).toEqual(before);
  });

  test('can be made longer when that is allowed', async () => {
    await train('a');
    await expect(train('a', { steps: 25 })).rejects.toThrow(
      'was begun with another configuration:\n  steps: 20 before, 25 now',
    );
    await train('a', { steps: 25, allowConfigChanges: ['steps'] });
    expect(JSON.parse(readFileSync(join(root, 'a/config.json'), 'utf8'))).toEqual({ steps: 25 });
    await train('b', { steps: 25 });
    expect((await newest('a', 25)).parameters).toEqual((await newest('b', 25)).parameters);
  });

  test('measures a step without leaving a trace', async () => {
    await train('plain');
    const trainer = await openTrainer(toyOptions(join(root, 'measured')));
    expect(await trainer.measure(0.01)).toBeGreaterThan(0);
    await trainer.run(toyPlan());
    await trainer.close();
    expect((await newest('measured', 20)).parameters).toEqual(
      (await newest('plain', 20)).parameters,
    );
  });

  test('keeps no tensors', async () => {
    await train('warm');
    const before = tf.memory().numTensors;
    await train('a');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('gradient accumulation', () => {
  test('takes the mean over micro-batches and one schedule step an optimizer step', async () => {
    const rates: number[] = [];
    const schedule = (step: number): number => {
      rates.push(step);
      return 0.05;
    };
    await train('a', { steps: 4, schedule }, { accumulation: 3, maxGradientNorm: undefined });
    expect(rates).toEqual([0, 1, 2, 3]);
    expect((await steady('a')).at(-2)).toMatchObject({ step: 4, tokens: 48 });
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
      ...((await newest(name, 20)).parameters.weight?.data ?? []),
    ];
    const once = await weights('once');
    expect(once).toHaveLength(3);
    expect(await weights('twice')).toEqual(once.map((weight) => expect.closeTo(weight, 5)));
  });

  test('resumes to the same bits', async () => {
    const options = () => ({ accumulation: 3, source: toySource() });
    await train('whole', {}, options());
    await trainUntil(7, 'parts', {}, options());
    await train('parts', {}, options());
    expect((await newest('parts', 20)).parameters).toEqual((await newest('whole', 20)).parameters);
  });
});

describe('the guard in a run', () => {
  const poisoned = (bad: number, at: number) =>
    toySource((index) => (index === at ? bad : undefined));

  test.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
  ])('skips an update with %s and goes on', async (_, bad) => {
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent): void => void events.push(event);
    const result = await train('a', { onEvent, evaluateEvery: 0 }, { source: poisoned(bad, 6) });
    expect(result.status).toBe('finished');
    expect(events.filter(({ kind }) => kind === 'refused')).toMatchObject([{ step: 7 }]);
    for (const tensor of Object.values((await newest('a', 20)).parameters))
      expect(tensor.data.every(Number.isFinite)).toBe(true);
  });

  test('forgets the gradients of a refused accumulation', async () => {
    const changes = { accumulation: 2, source: poisoned(Number.NaN, 6) }; // the first half of step 4
    await train('a', { steps: 6 }, changes);
    const refused = (await steady('a')).filter(({ kind }) => kind === 'refused');
    expect(refused.map(({ step }) => step)).toEqual([4]);
    for (const tensor of Object.values((await newest('a', 6)).parameters))
      expect(tensor.data.every(Number.isFinite)).toBe(true);
  });

  test('leaves weights and optimizer as they were', async () => {
    const checkpoint = { everySteps: 1, everySeconds: 0, keepLast: 9, keepEvery: 0 };
    await train('a', { steps: 8, checkpoint }, { source: poisoned(Number.NaN, 6) });
    const [before, after] = [await newest('a', 6), await newest('a', 7)];
    expect(after.parameters).toEqual(before.parameters);
    expect(after.optimizer).toEqual(before.optimizer);
    expect((await newest('a', 8)).parameters).not.toEqual(after.parameters);
  });

  test('skips a spike once it has statistics, and resumes with the same limits', async () => {
    const plan = { guard: { minimum: 8 }, steps: 20 };
    await train('whole', plan, { source: poisoned(1e4, 15) });
    const refused = (await steady('whole')).filter(({ kind }) => kind === 'refused');
    expect(refused).toMatchObject([{ step: 16, batch: '{"at":15}' }]);
    await trainUntil(13, 'parts', plan, { source: poisoned(1e4, 15) });
    await train('parts', plan, { source: poisoned(1e4, 15) });
    expect(await steady('parts')).toEqual(await steady('whole'));
  });

  test('ends a run that only gets refusals, and keeps the last good checkpoint', async () => {
    const source = toySource((index) => (index >= 6 ? Number.NaN : undefined));
    const result = await train('a', { guard: { refusedInARow: 3 } }, { source });
    expect(result).toMatchObject({
      status: 'diverged',
      step: 9,
      reason: 'the last 3 updates were refused',
    });
    expect(await listCheckpoints(join(root, 'a/checkpoints'))).toEqual([5]);
  });
});

describe('resuming', () => {
  test('falls back to the last good checkpoint and sets the damaged one aside', async () => {
    await train('whole');
    await trainUntil(12, 'a');
    const path = join(root, 'a/checkpoints/step-000012/model.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    const events: RunEvent[] = [];
    await train('a', { onEvent: (event) => void events.push(event) });
    expect(events[0]).toMatchObject({
      kind: 'damaged',
      path: join(root, 'a/checkpoints/damaged-step-000012'),
    });
    expect(events[1]).toEqual({ kind: 'start', step: 10, steps: 20 });
    expect((await newest('a', 20)).parameters).toEqual((await newest('whole', 20)).parameters);
    expect(await steady('a')).toEqual(await steady('whole'));
  });

  test('exactly, fails on a damaged checkpoint instead', async () => {
    await trainUntil(12, 'a');
    rmSync(join(root, 'a/checkpoints/step-000012/optimizer.safetensors'));
    await expect(train('a', {}, { resume: 'exact' })).rejects.toThrow(
      'is damaged: optimizer.safetensors: it is missing',
    );
  });

  test('exactly, fails without a checkpoint', async () => {
    await expect(train('a', {}, { resume: 'exact' })).rejects.toThrow('there is no checkpoint');
  });

  test('never, refuses a folder that holds a run', async () => {
    await train('a');
    await expect(train('a', {}, { resume: 'never' })).rejects.toThrow(
      'holds a run already: its newest checkpoint is of step 20',
    );
  });

  test('needs the lock', async () => {
    const trainer = await openTrainer(toyOptions(join(root, 'a')));
    await expect(train('a')).rejects.toMatchObject({ code: 'locked' });
    await trainer.close();
    await expect(train('a')).resolves.toMatchObject({ status: 'finished' });
  });
});

describe('retention in a run', () => {
  test('keeps the last, every tenth and the best', async () => {
    const best = { metric: 'loss', mode: 'min' } as const;
    const checkpoint = { everySteps: 5, everySeconds: 0, keepLast: 1, keepEvery: 10, best };
    await train('a', { checkpoint });
    const evaluations = (await steady('a')).filter(
      ({ kind, step }) => kind === 'evaluate' && step !== 0,
    );
    const lowest = evaluations.reduce((a, b) => (Number(b.loss) < Number(a.loss) ? b : a));
    expect(await listCheckpoints(join(root, 'a/checkpoints'))).toEqual(
      [...new Set([Number(lowest.step), 10, 20])].sort((a, b) => a - b),
    );
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
    'trainer: 1 parameters take no part in the loss: found pooler.',
  );
});
