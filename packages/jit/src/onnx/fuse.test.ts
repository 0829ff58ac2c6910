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
  ['a choice by one condition', (a, b, c) => tf.where(tf.greater(tf.sum(a), 0), tf.matMul(a, b), c), ['Sum', 'Reshape', 'Greater', 'BatchMatMul', 'Reshape', 'Choose']],
  ['a choice by rows', (a, b, c) => tf.where(tf.greater(tf.sum(a, 1, true), 0), tf.matMul(a, b), c), ['Sum', 'Greater', 'BatchMatMul', 'BroadcastTo', 'Select']],
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

describe.each([30, 60])('of arrays [%d, 400], one condition', (rows) => {
  const n = rows * 400;
  const size = [rows, 400];
  const matrix = (data: Float32Array): HostTensor => ({ dtype: 'float32', shape: size, data });

  /** The old value is read by the choice alone; the new one is a result of its own too. */
  const guarded = ({ w }: { w: tf.Tensor2D }, { by, limit }: Record<'by' | 'limit', tf.Tensor>) => {
    const next = tf.mul(by, 2);
    const applied = tf.lessEqual(tf.sum(by), limit);
    return { state: { w: tf.where(applied, next, w) }, outputs: { next, applied } };
  };

  test.each([
    ['holds', 1, Infinity, true],
    ['does not hold', 1, -Infinity, false],
    ['is about no number', NaN, Infinity, false],
  ])('that %s chooses one side as it is', async (_, number, limit, applied) => {
    const w = numbers(n, 1);
    const by = new Float32Array(n).fill(number);
    const program = await compile(guarded, {
      state: { w: matrix(w) },
      inputs: {
        by: { dtype: 'float32', shape: size },
        limit: { dtype: 'float32', shape: [] },
      },
      engine: 'onnxruntime',
      threads: 1,
    });
    const found = await program.run({ by: matrix(by), limit: Float32Array.of(limit) });
    expect(found.applied.data[0]).toBe(Number(applied));
    expect((await program.readState()).w.data).toEqual(applied ? by.map((x) => 2 * x) : w);
    expect(found.next.data[n - 1]).toBe(2 * number);
    program.dispose();
  });
});
