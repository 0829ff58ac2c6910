import { gelu, registerGradients, registerKernels } from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor } from '../index.js';
import { type Signature, trace } from '../trace.js';
import { fuse } from './fuse.js';

tf.env().set('IS_TEST', true);
registerKernels('cpu');
registerGradients();

type Fn = (a: tf.Tensor2D, b: tf.Tensor2D, c: tf.Tensor2D) => tf.Tensor | tf.Tensor[];
const SHAPES = [[4, 3], [3, 5], [4, 5]]; // biome-ignore format: one line
const NAMES = ['a', 'b', 'c'];

const ids = tf.tensor1d([1, 0, 1, 2], 'int32');
const more = tf.tensor1d([3, 3, 0, 1], 'int32');

/** What a function must be fused into, by node. */
const CASES: [string, Fn, string[]][] = [
  ['a product and a sum', (a, b, c) => tf.add(tf.matMul(a, b), c), ['Gemm']],
  ['two products', (a, b, c) => tf.add(tf.matMul(a, b), tf.matMul(tf.matMul(c, b, false, true), b)), ['BatchMatMul', 'BatchMatMul', 'Gemm']],
  ['a product and a factor', (a, b) => tf.mul(tf.matMul(a, b), 3), ['BatchMatMul']],
  ['a product that is read twice', (a, b, c) => [tf.add(tf.matMul(a, b), c), tf.matMul(a, b)], ['BatchMatMul', 'Add']],
  ['a sum of squares', (a) => tf.sum(tf.square(a)), ['SumSquare', 'Reshape']],
  ['a sum of squares along one axis', (a) => tf.sum(tf.square(a), 1), ['Square', 'Sum', 'Reshape']],
  ['two scatters into a matrix', (_a, _b, c) => tf.add(tf.add(c, tf.unsortedSegmentSum(c, ids, 4)), tf.unsortedSegmentSum(tf.neg(c), more, 4)), ['Neg', 'SegmentSumInto']],
  ['the slope of GELU after a product', (a, b, c) => tf.grad((x) => tf.sum(tf.mul(tf.matMul(gelu(x), b, false, true), a)))(c), ['BatchMatMul', 'GeluGrad']],
]; // biome-ignore format: one line per case

function numbers(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

describe('fusing', () => {
  test.each(CASES)('%s keeps the values', async (_, fn, ops) => {
    const specs = SHAPES.map((shape) => ({ dtype: 'float32', shape }) as const);
    const signature: Signature = {
      state: [],
      statePaths: [],
      stateShape: {},
      inputs: specs,
      inputPaths: NAMES,
      inputShape: [null, null, null],
    };
    const step = (_state: unknown, [a, b, c]: [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]) => ({
      outputs: fn(a, b, c),
    });
    await tf.ready();
    expect(fuse(trace(step, signature).graph).nodes.map(({ op }) => op)).toEqual(ops);

    const inputs = specs.map(({ shape }, at) => numbers(shape[0] * shape[1], at + 1));
    const found = [];
    for (const engine of ['onnxruntime', 'eager'] as const) {
      const program = await compile(step, { state: {}, inputs: specs, engine, threads: 1 });
      found.push([await program.run(inputs)].flat() as HostTensor[]);
      program.dispose();
    }
    for (const [output, { data }] of found[0].entries()) {
      for (const [i, value] of data.entries())
        expect(value).toBeCloseTo(found[1][output].data[i], 4);
    }
  });
});
