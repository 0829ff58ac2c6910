// A run small enough to reason about: fit a line, with noise drawn from the random key, on the eager engine.

import { adamw, type Schedule } from '@alectra/optim';
import * as tf from '@tensorflow/tfjs';
import type { RunPlan } from './run-plan.js';
import type { TrainerOptions } from './trainer.js';
import type { BatchSource, Evaluation, HostTensors, TrainingTask } from './training-task.js';

export const ROWS = 4;
const FEATURES = 3;
const TRUE_WEIGHTS = [2, -1, 0.5];

const inputs = {
  x: { dtype: 'float32', shape: [ROWS, FEATURES] },
  y: { dtype: 'float32', shape: [ROWS] },
} as const;

/** Batch `index` of the endless source: a pure function of the index. */
export function toyBatch(
  index: number,
  poison?: (index: number) => number | undefined,
): HostTensors {
  const x = Float32Array.from({ length: ROWS * FEATURES }, (_, i) =>
    Math.sin(1 + 12.9898 * (index * 12 + i)),
  );
  const y = Float32Array.from({ length: ROWS }, (_, row) =>
    TRUE_WEIGHTS.reduce((sum, w, k) => sum + w * (x[row * FEATURES + k] ?? 0), 0),
  );
  const bad = poison?.(index);
  if (bad !== undefined) y[0] = bad;
  return { x: { ...inputs.x, data: x }, y: { ...inputs.y, data: y } };
}

export function toySource(poison?: (index: number) => number | undefined): BatchSource {
  let at = 0;
  return {
    next: async () => toyBatch(at++, poison),
    state: () => ({ at }),
    seek(state) {
      at = (state as { at: number }).at;
    },
  };
}

export const toyTask: TrainingTask = {
  loss(params, batch, { seed, counter }) {
    const noise = tf.mul(
      0.01,
      tf.sin(tf.add(tf.cast(seed, 'float32'), tf.cast(counter, 'float32'))),
    );
    const predicted = tf.add(
      tf.reshape(tf.matMul(batch.x as tf.Tensor2D, params.weight as tf.Tensor2D), [ROWS]),
      tf.add(params.bias as tf.Tensor1D, noise),
    );
    const errors = tf.squaredDifference(predicted, batch.y as tf.Tensor1D);
    return {
      loss: tf.mean(errors),
      metrics: { squaredError: tf.sum(errors), rows: tf.scalar(ROWS) },
    };
  },
  summarise: ({ squaredError = 0, rows = 0 }) => ({ rootError: Math.sqrt(squaredError / rows) }),
};

const evaluation: Evaluation = {
  inputs,
  async *batches() {
    yield toyBatch(1000);
    yield toyBatch(1001);
  },
  step: (params, batch, random) => ({ loss: toyTask.loss(params, batch, random).loss }),
  summarise: (outputs) => ({
    loss: outputs.reduce((sum, { loss }) => sum + Number(loss?.data[0]), 0) / outputs.length,
  }),
};

export function toyOptions(folder: string, changes: Partial<TrainerOptions> = {}): TrainerOptions {
  return {
    folder,
    resume: 'auto',
    task: toyTask,
    optimizer: adamw(),
    maxGradientNorm: 1,
    accumulation: 1,
    inputs,
    evaluation,
    seed: 7,
    engine: 'eager',
    source: toySource(),
    tokensPerBatch: ROWS,
    parameters: () => ({
      weight: { dtype: 'float32', shape: [FEATURES, 1], data: new Float32Array([0.1, 0.2, 0.3]) },
      bias: { dtype: 'float32', shape: [1], data: new Float32Array([0.5]) },
    }),
    ...changes,
  };
}

const decay: Schedule = (step) => 0.05 * (1 - step / 200);

export function toyPlan(changes: Partial<RunPlan> = {}): RunPlan {
  const steps = changes.steps ?? 20;
  return {
    config: { steps },
    steps,
    schedule: decay,
    logEvery: 3,
    evaluateEvery: 7,
    checkpoint: { everySteps: 5, everySeconds: 0, keepLast: 3, keepEvery: 0 },
    ...changes,
  };
}
