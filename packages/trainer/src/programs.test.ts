import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compilePrograms } from './programs.js';
import { toyOptions } from './test-support.js';
import { toyRuns } from './toy-runs.test-support.js';
import type { BatchSource, HostTensors, TrainingTask } from './training-task.js';

tf.env().set('IS_TEST', true);

const { train, saved, logged } = toyRuns();

/** A line fitted to however many rows there are. */
const task: TrainingTask = {
  loss: ({ w }, { x }) => ({
    loss: tf.mean(tf.square(tf.sub(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), tf.mul(x, 3)))),
    metrics: {},
  }),
};

const inputs = { x: { dtype: 'float32', shape: ['rows', 1] } } as const;

/** Two rows, or the same two again and again, which has the same mean. */
function batch(at: number, times: number): HostTensors {
  const rows = Array.from({ length: times }, () => [1 + (at % 5), 2]).flat();
  return { x: { dtype: 'float32', shape: [2 * times, 1], data: Float32Array.from(rows) } };
}

function source(timesAt: (at: number) => number): BatchSource {
  let at = 0;
  return {
    next: async () => batch(at, timesAt(at++)),
    state: () => at,
    seek: (state) => {
      at = Number(state);
    },
  };
}

const base = {
  ...{ task, inputs, maxGradientNorm: undefined },
  parameters: () => ({
    w: { dtype: 'float32' as const, shape: [1, 1], data: Float32Array.of(0.5) },
  }),
  evaluation: {
    inputs,
    async *batches() {
      for (const times of [1, 3]) yield batch(0, times);
    },
    step: (
      { w }: Readonly<Record<string, tf.Tensor>>,
      { x }: Readonly<Record<string, tf.Tensor>>,
    ) => ({
      sum: tf.sum(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)),
    }),
    summarise: (outputs: readonly HostTensors[]) =>
      Object.fromEntries(outputs.map(({ sum }, i) => [`sum${i}`, Number(sum?.data[0])])),
  },
};

describe.each([1, 2])('batches of several shapes, %d a step', (accumulation) => {
  test('update one state, and are evaluated on it', async () => {
    const runs = { one: () => 1, several: (at: number) => 1 + (at % 3) };
    const weights: number[] = [];
    for (const [name, timesAt] of Object.entries(runs)) {
      const run = `${name}-${accumulation}`;
      await train(run, { steps: 12 }, { ...base, accumulation, source: source(timesAt) });
      weights.push(Number((await saved(run, 12)).parameters.w?.data[0]));
      const last = (await logged(run)).findLast(({ kind }) => kind === 'evaluate');
      expect(Number(last?.sum1)).toBeCloseTo(3 * Number(last?.sum0), 4); // three times the rows
    }
    expect(weights[0]).not.toBeCloseTo(0.5, 2);
    expect(weights[1]).toBeCloseTo(weights[0] as number, 6);
  });
});

test.each<[string, HostTensors, string]>([
  ['without one of its parts', {}, '"inputs.batch.x" is missing'],
  ['with a part too many', { ...batch(0, 2), y: batch(0, 1).x }, '"inputs.batch.y" is unknown'],
  [
    'of another type',
    { x: { dtype: 'int32', shape: [4, 1], data: Int32Array.of(1, 2, 3, 4) } },
    '"inputs.batch.x" has the wrong type: found Int32Array, expected float32',
  ],
])('a batch %s is refused, whatever its shapes', async (_, wrong, message) => {
  const wronged: BatchSource = { ...source(() => 1), next: async () => wrong };
  await expect(train('wrong', {}, { ...base, source: wronged })).rejects.toThrow(message);
});

test('programs serve one run after another, each with the bits of a run of its own', async () => {
  const options = toyOptions('');
  const programs = await compilePrograms(options, { parameters: await options.parameters() });
  expect(programs.engine).toBe('eager');
  for (const seed of [7, 8]) {
    await train(`own-${seed}`, {}, { seed });
    await train(`shared-${seed}`, {}, { seed, programs });
    expect((await saved(`shared-${seed}`, 20)).parameters).toEqual(
      (await saved(`own-${seed}`, 20)).parameters,
    );
  }
  await expect(train('halves', {}, { programs, accumulation: 2 })).rejects.toThrow(
    /^trainer: the programs take 1 micro-batches a step: expected 2\.\nGive programs/,
  );
  programs.dispose();
  await expect(programs.evaluate(7)).rejects.toThrow('was disposed');
});

test('the evaluation before the first step can be left out', async () => {
  await train('later', { evaluateFirst: false });
  const evaluated = (await logged('later')).filter(({ kind }) => kind === 'evaluate');
  expect(evaluated.map(({ step }) => step)).toEqual([7, 14, 20]);
});
