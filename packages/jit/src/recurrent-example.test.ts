// An example from outside language models: a recurrent net learns to add up a row of numbers that a second row
// switches on and off (the "adding problem" of Hochreiter and Schmidhuber 1997).

import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor } from './index.js';

tf.env().set('IS_TEST', true);

const BATCH = 32;
const STEPS = 5;
const UNITS = 16;

type Weights = { input: tf.Tensor2D; recurrent: tf.Tensor2D; bias: tf.Tensor1D; out: tf.Tensor2D };
type Batch = { rows: tf.Tensor3D; sums: tf.Tensor2D };

function predict(w: Weights, rows: tf.Tensor3D): tf.Tensor2D {
  let memory: tf.Tensor2D = tf.zeros([BATCH, UNITS]);
  for (const row of tf.unstack(rows, 1) as tf.Tensor2D[]) {
    const drive = tf.add(tf.matMul(row, w.input), tf.matMul(memory, w.recurrent));
    memory = tf.tanh(tf.add(drive, w.bias)) as tf.Tensor2D;
  }
  return tf.matMul(memory, w.out);
}

function train(weights: Weights, { rows, sums }: Batch) {
  const names = Object.keys(weights) as (keyof Weights)[];
  const loss = (...leaves: tf.Tensor[]): tf.Scalar => {
    const w = Object.fromEntries(names.map((name, at) => [name, leaves[at]])) as Weights;
    return tf.losses.meanSquaredError(sums, predict(w, rows)) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => weights[name]));
  const next = names.map((name, at) => [name, tf.sub(weights[name], tf.mul(grads[at], 0.3))]);
  return { state: Object.fromEntries(next), outputs: value };
}

test('a recurrent net learns the adding problem through compile', async () => {
  const program = await compile(train, {
    state: {
      input: tf.randomNormal([2, UNITS], 0, 0.5, 'float32', 1),
      recurrent: tf.randomNormal([UNITS, UNITS], 0, 0.25, 'float32', 2),
      bias: tf.zeros([UNITS]),
      out: tf.randomNormal([UNITS, 1], 0, 0.25, 'float32', 3),
    },
    inputs: {
      rows: { dtype: 'float32', shape: [BATCH, STEPS, 2] },
      sums: { dtype: 'float32', shape: [BATCH, 1] },
    },
    engine: 'onnxruntime',
  });
  let seed = 5;
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const losses: number[] = [];
  for (let step = 0; step < 800; step++) {
    const rows = new Float32Array(BATCH * STEPS * 2);
    const sums = new Float32Array(BATCH);
    for (let at = 0; at < rows.length; at += 2) {
      rows[at] = random() - 0.5;
      rows[at + 1] = Number(random() < 0.3);
      sums[Math.floor(at / 2 / STEPS)] += rows[at] * rows[at + 1];
    }
    losses.push(((await program.run({ rows, sums })) as HostTensor).data[0]);
  }
  program.dispose();
  const mean = (part: number[]): number => part.reduce((a, b) => a + b) / part.length;
  expect(mean(losses.slice(-50))).toBeLessThan(0.15 * mean(losses.slice(0, 10)));
});
