// Indices that no engine may take: each says so when the program runs, and the state stays as it was.

import { registerGradients, registerKernels, softmaxCrossEntropy } from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor, type Step } from './index.js';
import { TFJS_NODE, withTensorflow } from './tensorflow/installed.test-support.js';

tf.env().set('IS_TEST', true);
registerKernels('cpu');
registerGradients();

interface Inputs {
  readonly x: tf.Tensor2D;
  readonly ids: tf.Tensor1D;
}

const rows = (ids: tf.Tensor1D): tf.Tensor2D => tf.reshape(ids, [-1, 1]);

const CASES: [string, (inputs: Inputs) => tf.Tensor, number[][]][] = [
  ['gather', ({ x, ids }) => tf.gather(x, ids), [[-1, 0, 1], [0, 1, 3]]],
  ['gather along the second axis', ({ x, ids }) => tf.gather(x, ids, 1), [[0, 2, -3], [4, 0, 0]]],
  // The last of the first row lies in front of the second row, its first one behind.
  ['gather row by row', ({ x, ids }) => tf.gather(x, rows(ids), 1, 1), [[0, -1, 0], [0, 4, 0]]],
  ['gatherND', ({ x, ids }) => tf.gatherND(x, rows(ids)), [[0, -1, 0], [3, 0, 0]]],
  ['scatterND', ({ x, ids }) => tf.scatterND(rows(ids), x, [3, 4]), [[0, -1, 0], [3, 0, 0]]],
  ['tensorScatterUpdate', ({ x, ids }) => tf.tensorScatterUpdate(tf.mul(x, 2), rows(ids), x), [[0, -1, 0], [3, 0, 0]]],
]; // biome-ignore format: one line per op

const x = Float32Array.from({ length: 12 }, (_, at) => at);
const inputs = {
  x: { dtype: 'float32', shape: [3, 4] },
  ids: { dtype: 'int32', shape: [3] },
} as const;

describe.each(withTensorflow('onnxruntime', 'eager'))('engine %s', (engine) => {
  test.each(CASES)('refuses indices outside in %s', async (_, fn, bad) => {
    const step: Step = ({ calls }: { calls: tf.Scalar }, given: Inputs) => ({
      state: { calls: tf.add(calls, 1) },
      outputs: fn(given),
    });
    const state = { calls: tf.scalar(0) };
    const program = await compile(step, { state, inputs, engine, tensorflowFrom: TFJS_NODE });
    for (const ids of bad) await expect(program.run({ x, ids })).rejects.toThrow();
    await program.run({ x, ids: [0, 1, 2] });
    const { calls } = (await program.readState()) as Record<string, HostTensor>;
    expect(calls.data[0]).toBe(1);
    program.dispose();
  });

  test('takes no class from the end for a negative one-hot index', async () => {
    const step: Step = (_, { ids }: Inputs) => ({
      outputs: [tf.oneHot(ids, 3, 5, 2, 'int32'), tf.oneHot(ids, 3, 1, 0, 'bool')],
    });
    const program = await compile(step, { state: {}, inputs, engine, tensorflowFrom: TFJS_NODE });
    const hot = (await program.run({ x, ids: [1, -1, 3] })) as HostTensor[];
    expect(Array.from(hot[0].data)).toEqual([2, 5, 2, 2, 2, 2, 2, 2, 2]);
    expect(Array.from(hot[1].data)).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0]);
    program.dispose();
  });
});

test.each(withTensorflow('onnxruntime'))('engine %s refuses labels outside', async (engine) => {
  const step: Step = (_, given: Inputs) => ({ outputs: softmaxCrossEntropy(given.x, given.ids) });
  const program = await compile(step, { state: {}, inputs, engine, tensorflowFrom: TFJS_NODE });
  await expect(program.run({ x, ids: [0, -1, 0] })).rejects.toThrow();
  await expect(program.run({ x, ids: [0, 4, 0] })).rejects.toThrow();
  program.dispose();
});

test.each(withTensorflow('onnxruntime'))(
  'engine %s refuses places outside of one axis, which lie in another row',
  async (engine) => {
    const step: Step = (_, given: Inputs) => ({
      outputs: tf.scatterND(
        tf.stack([tf.onesLike(given.ids), given.ids], 1),
        tf.sum(given.x, 1),
        [3, 4],
      ),
    });
    const program = await compile(step, { state: {}, inputs, engine, tensorflowFrom: TFJS_NODE });
    await expect(program.run({ x, ids: [0, -1, 0] })).rejects.toThrow();
    await expect(program.run({ x, ids: [0, 4, 0] })).rejects.toThrow();
    const { data } = (await program.run({ x, ids: [0, 3, 3] })) as HostTensor;
    expect(Array.from(data)).toEqual([0, 0, 0, 0, 6, 0, 0, 22 + 38, 0, 0, 0, 0]);
    program.dispose();
  },
);
