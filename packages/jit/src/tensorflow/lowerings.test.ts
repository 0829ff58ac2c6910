// Lowerings that differ from the kernel they stand for: what is written, and that it computes the same.

import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph.js';
import { sizeOf } from '../host-tensor.js';
import { trace } from '../trace.js';
import type { ColumnReads } from './builder.js';
import { type EmitOptions, emitFunction } from './emit.js';
import { tensorflowEvaluate } from './evaluate.test-support.js';
import { hasTensorflow, TFJS_NODE } from './installed.test-support.js';

tf.env().set('IS_TEST', true);

const NOTHING = {
  state: [],
  statePaths: [],
  stateShape: {},
  inputs: [],
  inputPaths: [],
  inputShape: {},
};
const graphOf = (fn: () => tf.Tensor): Graph => trace(() => ({ outputs: fn() }), NOTHING).graph;
const opsOf = (graph: Graph, options: EmitOptions): string[] =>
  emitFunction(graph, 'f/', options).nodes.map(({ op }) => op);
/** Small whole numbers: sums of products are exact. */
const numbers = (...shape: number[]): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 11) - 5),
    shape,
  );

if (!hasTensorflow)
  test.skip('lowerings: ALECTRA_TFJS_NODE names no folder with tfjs-node', () => {});
(hasTensorflow ? describe : describe.skip)('in TensorFlow', () => {
  let evaluate: Awaited<ReturnType<typeof tensorflowEvaluate>>;
  beforeAll(async () => {
    evaluate = await tensorflowEvaluate(TFJS_NODE);
  }, 60_000);
  const check = (fn: () => tf.Tensor, ops: readonly string[], options: EmitOptions = {}): void => {
    const graph = graphOf(fn);
    const written = opsOf(graph, options);
    for (const op of ops) expect(written).toContain(op);
    const expected = fn().dataSync();
    const found = evaluate(graph, options);
    expect(found.length).toBe(expected.length);
    expect(found.findIndex((value, at) => value !== expected[at])).toBe(-1);
  };

  test.each<[ColumnReads, number, number, string[]]>([
    ['plain', 1024, 64, ['MatMul']],
    ['widened', 1024, 64, ['ConcatV2', 'MatMul', 'Slice']],
    ['widened', 64, 1024, ['ConcatV2', 'MatMul', 'Slice']],
    ['turned', 1024, 64, ['MatMul', 'Transpose']],
    ['turned', 64, 1024, ['MatMul']],
  ])('a product by columns, %s, is AᵀB of %i and %i columns', (columnReads, m, n, ops) => {
    const [a, b] = [numbers(256, m), numbers(256, n)] as tf.Tensor2D[];
    check(() => tf.matMul(a, b, true), ops, { columnReads });
  });

  test('a sum of rows is one of a bias gradient', () => {
    const x = numbers(3, 5, 4);
    check(() => tf.sum(x, [0, 1]), ['BiasAddGrad']);
    check(() => tf.sum(x, [0, 1], true), ['BiasAddGrad']);
    check(() => tf.sum(x, [0, 2]), ['Sum']);
    check(() => tf.sum(tf.cast(x, 'int32'), [0, 1]), ['Sum']);
  });

  test('a sum of squares writes no squares', () => {
    const x = numbers(7, 9);
    check(() => tf.sum(tf.square(x)), ['L2Loss']);
  });

  test('scatters into one matrix are one, without the rows of negative ids', () => {
    const into = numbers(5, 2);
    const ids = tf.tensor1d([1, -1, 4, 1], 'int32');
    const more = tf.tensor1d([0, 4, -7], 'int32');
    const sum = (rows: tf.Tensor, places: tf.Tensor1D): tf.Tensor =>
      tf.unsortedSegmentSum(rows, places, 5);
    check(() => {
      const one = tf.add(sum(numbers(4, 2), ids), tf.neg(into));
      return tf.add(one, sum(numbers(3, 2), more));
    }, ['UnsortedSegmentSum', 'ConcatV2']);
  });
});
