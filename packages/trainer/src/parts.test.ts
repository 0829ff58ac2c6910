import { adamw } from '@alectra/optim';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compilePrograms, type TrainingProgramOptions } from './programs.js';
import { toyRuns, withoutTime } from './toy-runs.test-support.js';
import type { BatchSource, HostTensors, TrainingTask } from './training-task.js';

tf.env().set('IS_TEST', true);

const { train, trainUntil, saved, logged } = toyRuns();

const FEATURES = 3;

/** Batch `index`: rows of which each weighs as `weights` says, all with the same truth behind them. */
function weighted(weights: readonly number[], index: number): HostTensors {
  const rows = weights.length;
  const x = Float32Array.from({ length: rows * FEATURES }, (_, i) =>
    Math.sin(1 + 12.9898 * (index * 12 + i)),
  );
  const y = Float32Array.from({ length: rows }, (_, row) => 2 * (x[row * FEATURES] ?? 0) - 1);
  return {
    x: { dtype: 'float32', shape: [rows, FEATURES], data: x },
    y: { dtype: 'float32', shape: [rows], data: y },
    weights: { dtype: 'float32', shape: [rows], data: Float32Array.from(weights) },
  };
}

interface Seen {
  readonly rows: number;
  readonly isPart: boolean;
}

/** A line fitted to the rows that weigh something; `noise` is what the random draws count for. */
function line(noise: number, seen: Seen[] = []): Required<Omit<TrainingTask, 'summarise'>> {
  return {
    loss({ w, b }, { x, y, weights }, { counter }, totals) {
      seen.push({ rows: x.shape[0] ?? 0, isPart: totals !== undefined });
      const draw = tf.mul(noise, tf.sin(tf.cast(counter, 'float32')));
      const predicted = tf.reshape(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), [-1]);
      const errors = tf.squaredDifference(tf.add(predicted, tf.add(b, draw)), y);
      const sum = tf.sum<tf.Scalar>(tf.mul(errors, weights));
      const rows = tf.sum<tf.Scalar>(weights);
      return {
        loss: tf.div<tf.Scalar>(sum, totals?.weights ?? tf.maximum(rows, 1)),
        metrics: { squaredError: sum, rows, counters: tf.cast(counter, 'float32') },
      };
    },
    totals: ({ weights }) => ({
      weights: Math.max(
        1,
        [...(weights?.data ?? [])].reduce((sum, weight) => sum + weight, 0),
      ),
    }),
  };
}

const parameters: HostTensors = {
  w: { dtype: 'float32', shape: [FEATURES, 1], data: Float32Array.of(0.1, 0.2, 0.3) },
  b: { dtype: 'float32', shape: [1], data: Float32Array.of(0.5) },
};

const options = (
  task: TrainingTask,
  rows: number | string,
  changes: Partial<TrainingProgramOptions> = {},
): TrainingProgramOptions => ({
  ...{ task, optimizer: adamw(), maxGradientNorm: 1, accumulation: 1, engine: 'onnxruntime' },
  inputs: {
    x: { dtype: 'float32', shape: [rows, FEATURES] },
    y: { dtype: 'float32', shape: [rows] },
    weights: { dtype: 'float32', shape: [rows] },
  },
  ...changes,
});

const limits = { loss: 1e9, norm: 1e9 };

/** A step on each of `batches`; what came of each, and the state in the end. */
async function steps(of: TrainingProgramOptions, batches: readonly HostTensors[]) {
  const programs = await compilePrograms(of, { parameters });
  const outcomes = [];
  const source = batches.values();
  const next = async () => source.next().value as HostTensors;
  for (let step = 0; step < batches.length / of.accumulation; step++)
    outcomes.push(await programs.step(next, { seed: 7, step, learningRate: 0.05, limits }));
  const state = await programs.readState();
  programs.dispose();
  return { outcomes, state };
}

/** As a task that knows nothing of parts. */
const whole = ({ totals: _, ...task }: TrainingTask): TrainingTask => task;

/** Within 1e-5. */
function expectClose(found: HostTensors, expected: HostTensors): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, { data }] of Object.entries(expected))
    expect([...(found[name]?.data ?? [])]).toEqual(
      [...data].map((number) => expect.closeTo(number, 5)),
    );
}

const times = (count: number, weights: (index: number) => readonly number[]): HostTensors[] =>
  Array.from({ length: count }, (_, index) => weighted(weights(index), index));

const ones = (rows: number): number[] => Array(rows).fill(1);

describe('a step in two parts', () => {
  test.each<[string, number | string, (index: number) => readonly number[]]>([
    ['an even number of rows', 4, () => ones(4)],
    ['an odd number of rows', 5, () => ones(5)],
    ['rows of unequal weight', 4, () => [1, 0.5, 2, 0]],
    ['a second half that weighs nothing', 4, () => [1, 1, 0, 0]],
    ['a first half that weighs nothing', 4, () => [0, 0, 0, 1]],
    ['batches that weigh nothing at times', 4, (index) => (index % 3 ? ones(4) : [0, 0, 0, 0])],
    ['batches of several shapes', 'batch', (index) => ones(1 + (index % 5))],
  ])('is the step on the whole batch: %s', async (_, rows, weights) => {
    const seen: Seen[] = [];
    const task = line(0, seen);
    const batches = times(20, weights);
    const parts = await steps(options(task, rows), batches);
    expect(seen.every(({ isPart }) => isPart)).toBe(true);
    const once = await steps(options(whole(task), rows), batches);
    for (const [at, { loss, norm, applied, sums }] of once.outcomes.entries()) {
      const found = parts.outcomes[at];
      expect(found).toMatchObject({ loss: expect.closeTo(loss, 5), norm: expect.closeTo(norm, 5) });
      expect([found?.applied, applied]).toEqual([true, true]);
      expect(found?.sums.rows).toBeCloseTo(sums.rows as number, 5);
      expect(found?.sums.squaredError).toBeCloseTo(sums.squaredError as number, 5);
    }
    expectClose(parts.state.parameters, once.state.parameters);
    expectClose(parts.state.optimizer, once.state.optimizer);
    expect(parts.state.parameters.b?.data[0]).toBeLessThan(0.2); // it moved
  });

  test('is compiled once for parts of all sizes, before the first step', async () => {
    const seen: Seen[] = [];
    const programs = await compilePrograms(options(line(0, seen), 'batch'), { parameters });
    const traces = seen.length;
    expect(programs.anySize).toBe(true);
    for (const rows of [4, 5, 1, 30])
      await programs.step(async () => weighted(ones(rows), 0), {
        ...{ seed: 7, step: 0, learningRate: 0.05, limits },
      });
    expect(traces).toBeGreaterThan(0);
    expect(seen).toHaveLength(traces);
    programs.dispose();
    const fails: TrainingTask = {
      ...line(0),
      loss: () => {
        throw new Error('no such layer');
      },
    };
    await expect(compilePrograms(options(fails, 4), { parameters })).rejects.toThrow(
      'no such layer',
    );
  });

  test('refuses a batch without one of its tensors, by name', async () => {
    const programs = await compilePrograms(options(line(0), 4), { parameters });
    const { y: _, ...rest } = weighted(ones(4), 0);
    const step = (batch: HostTensors) =>
      programs.step(async () => batch, { seed: 7, step: 0, learningRate: 0.05, limits });
    await expect(step(rest)).rejects.toThrow('"inputs.batch.y" is missing');
    await expect(step({})).rejects.toThrow('is missing');
    await expect(step(weighted(ones(4), 0))).resolves.toMatchObject({ applied: true });
    programs.dispose();
  });

  test.each([
    ['the first', 0],
    ['the second', 3],
  ])('leaves parameters and optimizer as they were if %s half is no number', async (_, row) => {
    const programs = await compilePrograms(options(line(0), 4), { parameters });
    const step = (at: number, batch: HostTensors) =>
      programs.step(async () => batch, { seed: 7, step: at, learningRate: 0.05, limits });
    await step(0, weighted(ones(4), 0));
    const before = await programs.readState();
    const bad = weighted(ones(4), 1);
    if (bad.y) bad.y.data[row] = Number.NaN;
    expect(await step(1, bad)).toMatchObject({ applied: false, loss: Number.NaN });
    expect(await programs.readState()).toEqual(before);
    expect(await step(2, weighted(ones(4), 2))).toMatchObject({ applied: true });
    expect((await programs.readState()).parameters).not.toEqual(before.parameters);
    programs.dispose();
  });

  test('is refused by the loss and the norm of the whole batch', async () => {
    const programs = await compilePrograms(options(line(0), 4), { parameters });
    const step = (of: typeof limits) =>
      programs.step(async () => weighted(ones(4), 0), {
        ...{ seed: 7, step: 0, learningRate: 0.05, limits: of },
      });
    const before = await programs.readState();
    const { loss, norm } = await step({ loss: 0, norm: 1e9 });
    expect(await step({ loss: 0.99 * loss, norm: 1e9 })).toMatchObject({ applied: false });
    expect(await step({ loss: 1e9, norm: 0.99 * norm })).toMatchObject({ applied: false });
    expect(await programs.readState()).toEqual(before);
    expect(await step({ loss: 1.01 * loss, norm: 1.01 * norm })).toMatchObject({ applied: true });
    programs.dispose();
  });
});

describe('a step in two parts that fails', () => {
  const WIDTH = 500_000;
  /** Reads a row of `w` for each id: another id than 0 or 1 fails in the engine. */
  const lookup: TrainingTask = {
    loss: ({ w }, { ids }, _, totals) => {
      const sum = tf.sum<tf.Scalar>(tf.gather(w as tf.Tensor, ids as tf.Tensor1D));
      return { loss: totals ? tf.div<tf.Scalar>(sum, totals.rows) : sum, metrics: {} };
    },
    totals: ({ ids }) => ({ rows: ids?.data.length ?? 1 }),
  };
  const of = { ...options(lookup, 4), inputs: { ids: { dtype: 'int32', shape: [4] } } } as const;
  const w = { dtype: 'float32', shape: [2, WIDTH], data: new Float32Array(2 * WIDTH) } as const;
  const batch = (...ids: number[]): HostTensors => ({
    ids: { dtype: 'int32', shape: [ids.length], data: Int32Array.from(ids) },
  });

  test('keeps no gradients, and the next one works', async () => {
    const programs = await compilePrograms(of, { parameters: { w } });
    const step = (ids: HostTensors) =>
      programs.step(async () => ids, { seed: 7, step: 0, learningRate: 0.05, limits });
    for (const ids of [batch(0, 1, 0, 1), batch(0, 1, 0, 9)])
      await step(ids).catch(() => undefined);
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < 20; at++) {
      await expect(step(batch(0, 1, 0, 9))).rejects.toThrow('ONNX Runtime');
      await expect(step(batch(9, 1, 0, 1))).rejects.toThrow('ONNX Runtime');
    }
    // the gradients of a half are 4 MB
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    expect(await step(batch(0, 1, 0, 1))).toMatchObject({ applied: true });
    programs.dispose();
  });

  test('refuses a batch of other rows than were declared, and takes any where they are open', async () => {
    const programs = await compilePrograms(options(line(0), 4), { parameters });
    const open = await compilePrograms(options(line(0), 'rows'), { parameters });
    const given = (rows: number) => async () => weighted(ones(rows), 0);
    const scalars = { seed: 7, step: 0, learningRate: 0.05, limits };
    await expect(programs.step(given(6), scalars)).rejects.toThrow(
      'trainer: "x" of a batch is [6, 3]: expected [4, 3].\nGive batches of the declared size',
    );
    await expect(open.step(given(6), scalars)).resolves.toMatchObject({ applied: true });
    programs.dispose();
    open.dispose();
  });
});

describe('the draws of two parts', () => {
  test('differ, from step to step too, however many threads there are', async () => {
    const batches = times(3, () => ones(4));
    const [two, one] = [
      await steps(options(line(0.1), 4, { threads: 2 }), batches),
      await steps(options(line(0.1), 4, { threads: 1 }), batches),
    ];
    for (const { outcomes } of [two, one])
      expect(outcomes.map(({ sums }) => sums.counters)).toEqual([0 + 1, 2 + 3, 4 + 5]);
    expectClose(one.state.parameters, two.state.parameters);
    const silent = await steps(options(line(0), 4), batches);
    expect(silent.outcomes[0]?.loss).not.toBeCloseTo(two.outcomes[0]?.loss as number, 3);
  });

  test('of a batch of one row are its own', async () => {
    const { outcomes } = await steps(options(line(0.1), 'batch'), [
      weighted(ones(4), 0),
      weighted([1], 1),
      weighted(ones(4), 2),
    ]);
    expect(outcomes.map(({ sums }) => sums.counters)).toEqual([0 + 1, 2, 4 + 5]);
  });

  test('C9: are the same in a run that was stopped and resumed, to the bit', async () => {
    const source = (): BatchSource => {
      let at = 0;
      return {
        next: async () => weighted(ones(3 + (at % 2)), at++),
        state: () => at,
        seek: (state) => {
          at = Number(state);
        },
      };
    };
    const changes = () => ({
      ...options(line(0.1), 'batch'),
      ...{ evaluation: undefined, source: source(), parameters: () => parameters },
    });
    await train('whole', {}, changes());
    await trainUntil(7, 'stopped', {}, changes());
    await train('stopped', {}, changes());
    const [unbroken, resumed] = [await saved('whole', 20), await saved('stopped', 20)];
    expect(resumed.parameters).toEqual(unbroken.parameters);
    expect(resumed.optimizer).toEqual(unbroken.optimizer);
    expect(withoutTime(resumed.state)).toEqual(withoutTime(unbroken.state));
    expect(await logged('stopped')).toEqual(await logged('whole'));
  });
});

describe('batches stay whole', () => {
  test.each<[string, number, Partial<TrainingProgramOptions>]>([
    ['on engine eager', 4, { engine: 'eager' }],
    ['where a step takes several', 4, { accumulation: 2 }],
    ['where they have a single row', 1, {}],
  ])('%s, with the bits of a task without totals', async (_, rows, changes) => {
    const seen: Seen[] = [];
    const task = line(0.1, seen);
    const batches = times(4, () => ones(rows));
    const found = await steps(options(task, rows, changes), batches);
    expect(new Set(seen.map(({ rows }) => rows))).toEqual(new Set([rows]));
    expect(seen.some(({ isPart }) => isPart)).toBe(false);
    expect(found).toEqual(await steps(options(whole(task), rows, changes), batches));
  });
});
