import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {
  compile,
  type HostTensor,
  registerCoreGradients,
  registerTrainingKernels,
} from '../index.js';

tf.env().set('IS_TEST', true);

type State = { table: tf.Tensor2D; filter: tf.Tensor4D };

/** Looks up rows, convolves them as an image, contracts the result: three gradients that wasm lacks. */
function learn(state: State, { ids }: { ids: tf.Tensor1D }) {
  const loss = (table: tf.Tensor, filter: tf.Tensor): tf.Scalar => {
    const rows = tf.gather(table as tf.Tensor2D, ids);
    const image = tf.reshape(rows, [1, 6, 4, 1]) as tf.Tensor4D;
    const y = tf.reshape(tf.conv2d(image, filter as tf.Tensor4D, 1, 'same'), [6, 8]);
    return tf.mean(tf.einsum('ij,kj->ik', y, tf.sin(y)));
  };
  const { value, grads } = tf.valueAndGrads(loss)([state.table, state.filter]);
  const next = (p: tf.Tensor, at: number): tf.Tensor => tf.sub(p, tf.mul(grads[at], 0.1));
  return {
    state: { table: next(state.table, 0), filter: next(state.filter, 1) },
    outputs: { loss: value },
  };
}

const numbers = (size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => ((i * 29) % 17) / 8 - 1);
const leaf = (...shape: number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: numbers(shape.reduce((a, b) => a * b)),
});

async function trained(backend: string) {
  await tf.setBackend(backend);
  const program = await compile(learn, {
    state: { table: leaf(5, 4), filter: leaf(3, 3, 1, 2) },
    inputs: { ids: { dtype: 'int32', shape: [6] } },
    engine: 'eager',
  });
  const losses: number[] = [];
  for (let step = 0; step < 3; step++)
    losses.push((await program.run({ ids: [0, 4, 4, 2, 0, 1] })).loss.data[0]);
  const { table, filter } = await program.readState();
  program.dispose();
  return [losses, Array.from(table.data), Array.from(filter.data)].flat();
}

describe('registerTrainingKernels', () => {
  beforeAll(async () => {
    registerCoreGradients();
    await tf.setBackend('wasm');
  });

  test('lets the wasm backend train as the cpu backend does', async () => {
    await expect(trained('wasm')).rejects.toThrow(/Kernel '.*' not registered for backend 'wasm'/);
    expect(registerTrainingKernels('wasm')).toEqual([
      'UnsortedSegmentSum',
      'Conv2DBackpropFilter',
      'Einsum',
    ]);
    expect(registerTrainingKernels('wasm')).toEqual([]);
    const tensors = tf.memory().numTensors;
    const found = await trained('wasm');
    expect(tf.memory().numTensors).toBe(tensors);
    const expected = await trained('cpu');
    for (const [at, value] of found.entries()) expect(value).toBeCloseTo(expected[at], 4);
  });

  test('adds up rows by id and leaves out negative ids', async () => {
    await tf.setBackend('wasm');
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
    const sum = tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, -1, 2], 'int32'), 3);
    expect(Array.from(sum.dataSync())).toEqual([3, 4, 0, 0, 8, 10]);
  });
});
