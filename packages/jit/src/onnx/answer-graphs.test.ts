// What is rewritten where a graph only answers (no state changes): attention becomes one node, unread rows are not computed.

import {
  affine,
  attentionBias,
  attentionWeights,
  causalBias,
  gelu,
  layerNorm,
  registerGradients,
  registerKernels,
  selfAttention,
} from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../host-tensor.js';
import { compile, type HostTensor } from '../index.js';
import { type Signature, trace } from '../trace.js';
import { fuse } from './fuse.js';
import { fuseAttention } from './fuse-attention.js';
import { readRows } from './read-rows.js';

tf.env().set('IS_TEST', true);
registerKernels('cpu');
registerGradients();

const [B, S, H, F] = [3, 5, 8, 12];

type Weights = Record<string, tf.Tensor>;
type Inputs = { x: tf.Tensor2D; mask: tf.Tensor2D; ids: tf.Tensor1D; more: tf.Tensor1D };
type Fn = (weights: Weights, inputs: Inputs) => tf.Tensor | tf.Tensor[];

const spec = (shape: number[], dtype: 'float32' | 'int32' = 'float32') =>
  ({ dtype, shape }) as const;
const SHAPES: Record<string, number[]> = {
  'a.query.weight': [H, H],
  'a.query.bias': [H],
  'a.key.weight': [H, H],
  'a.key.bias': [H],
  'a.value.weight': [H, H],
  'a.value.bias': [H],
  'up.weight': [F, H],
  'up.bias': [F],
  'down.weight': [H, F],
  'down.bias': [H],
  'norm.weight': [H],
  'norm.bias': [H],
};
const INPUTS = {
  x: spec([B * S, H]),
  mask: spec([B, S], 'int32'),
  ids: spec([4], 'int32'),
  more: spec([4], 'int32'),
};

function numbers(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
const weights = Object.fromEntries(
  Object.entries(SHAPES).map(([name, shape], at) => [
    name,
    { ...spec(shape), data: numbers(sizeOf(shape), at + 1) },
  ]),
);
const given = {
  x: numbers(B * S * H, 99),
  mask: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0),
  ids: Int32Array.of(7, 0, 14, 7),
  more: Int32Array.of(1, 2, 3, 4),
};

const attend = (w: Weights, x: tf.Tensor2D, heads: number, bias?: tf.Tensor4D): tf.Tensor2D =>
  selfAttention(attentionWeights(w, 'a', heads), x, { batchSize: B, bias });
const feed = (w: Weights, x: tf.Tensor2D): tf.Tensor2D => {
  const inner = gelu(affine(x, w['up.weight'] as tf.Tensor2D, w['up.bias']));
  const fed = affine(inner, w['down.weight'] as tf.Tensor2D, w['down.bias']);
  return layerNorm(w, 'norm', tf.add(x, fed) as tf.Tensor2D, 1e-12);
};

/** What a function is rewritten into: nodes, and how many rows each matrix of it has. */
const CASES: [string, Fn, string[]][] = [
  ['attention over masked sequences', (w, { x, mask }) => attend(w, x, 2, attentionBias(mask)), ['Attention 15']],
  ['attention that only looks back', (w, { x, mask }) => attend(w, x, 4, causalBias(mask)), ['Attention 15']],
  ['attention without a mask', (w, { x }) => attend(w, x, 2), ['Attention 15']],
  ['attention of which the parts are read too', (w, { x }) => [attend(w, x, 2), tf.neg(affine(x, tf.concat2d([tf.mul(w['a.query.weight'], 0.5), w['a.key.weight'], w['a.value.weight']] as tf.Tensor2D[], 0), tf.concat1d([tf.mul(w['a.query.bias'], 0.5), w['a.key.bias'], w['a.value.bias']] as tf.Tensor1D[])))], ['Attention 15', 'Gemm 15', 'Neg 15']],
  ['attention with its gradient', (w, { x }) => { const { value, grad } = tf.valueAndGrad((given) => tf.sum(tf.square(attend(w, given as tf.Tensor2D, 2))))(x); return [value, grad]; }, ['Gemm 15', 'Reshape 15', 'SumSquare 1', 'Reshape 15', 'BatchMatMul 15']],
  ['a layer of which some rows are read', (w, { x, ids }) => tf.gather(feed(w, x), ids), ['GatherV2 4', 'Gemm 4', 'Gelu 4', 'Gemm 4', 'Add 4', 'LayerNorm 4', 'Reshape 4']],
  ['a layer that is read whole as well', (w, { x, ids }) => { const y = feed(w, x); return [tf.gather(y, ids), tf.neg(y)]; }, ['Gemm 15', 'Gelu 15', 'Gemm 15', 'Add 15', 'LayerNorm 15', 'GatherV2 4', 'Neg 15']],
  ['a layer of which two lists of rows are read', (w, { x, ids, more }) => { const y = feed(w, x); return [tf.gather(y, ids), tf.gather(y, more)]; }, ['Gemm 15', 'Gelu 15', 'Gemm 15', 'Add 15', 'LayerNorm 15', 'GatherV2 4', 'GatherV2 4']],
  ['two layers over one matrix, each read at rows of its own', (w, { x, ids, more }) => [tf.gather(gelu(affine(x, w['up.weight'] as tf.Tensor2D, w['up.bias'])), ids), tf.gather(affine(x, w['a.key.weight'] as tf.Tensor2D, w['a.key.bias']), more)], ['GatherV2 4', 'Gemm 4', 'Gelu 4', 'Reshape 4', 'GatherV2 4', 'Gemm 4', 'Reshape 4']],
  ['a matrix of which other rows are read than of a layer over it', (w, { x, ids, more }) => [tf.gather(feed(w, x), ids), tf.gather(x, more)], ['GatherV2 4', 'Gemm 4', 'Gelu 4', 'Gemm 4', 'Add 4', 'LayerNorm 4', 'Reshape 4', 'GatherV2 4']],
  ['rows of a product of a turned matrix', (w, { more }) => tf.gather(tf.add(tf.matMul(w['a.key.weight'] as tf.Tensor2D, w['a.query.weight'] as tf.Tensor2D, true), w['norm.bias']), more), ['Gemm 8', 'GatherV2 4']],
  ['a layer norm of which the gradient reads all rows', (w, { x, ids }) => { const { value, grad } = tf.valueAndGrad((given) => tf.sum(tf.square(tf.gather(layerNorm(w, 'norm', given as tf.Tensor2D, 1e-12), ids))))(x); return [value, grad]; }, ['LayerNorm 15', 'GatherV2 4', 'SumSquare 1', 'UnsortedSegmentSum 15', 'LayerNormGrad 15']],
  ['rows beside a result that is known', (w, { x, ids }) => [tf.gather(gelu(affine(x, w['up.weight'] as tf.Tensor2D, w['up.bias'])), ids), tf.tensor2d([[1, 2]])], ['GatherV2 4', 'Gemm 4', 'Gelu 4', 'Reshape 4']],
  ['a layer of which more rows are read than it has', (w, { x, ids, more }) => tf.gather(gelu(affine(x, w['up.weight'] as tf.Tensor2D, w['up.bias'])), tf.concat1d([ids, more, ids, more])), ['Gemm 15', 'Gelu 15', 'GatherV2 16']],
  ['rows of a sum with a vector', (w, { x, ids }) => tf.gather(tf.add(x, w['norm.bias']), ids), ['Add 15', 'GatherV2 4']],
  ['attention before a layer of which some rows are read', (w, { x, ids }) => tf.gather(feed(w, attend(w, x, 2)), ids), ['Attention 15', 'GatherV2 4', 'Gemm 4', 'Gelu 4', 'Gemm 4', 'Add 4', 'LayerNorm 4', 'Reshape 4']],
]; // biome-ignore format: one line per case

/** Not what is made of the weights alone: the runtime computes it once. */
const PREPARING = new Set(['Multiply', 'Concat', 'Cast', 'Sub', 'LogicalAnd', 'LessEqual']);

describe('a graph that only answers', () => {
  test.each(CASES)('%s', async (_, fn, expected) => {
    await tf.ready();
    const step = (w: Weights, inputs: Inputs) => ({ outputs: fn(w, inputs) });
    const { nodes } = readRows(fuseAttention(fuse(trace(step, signature()).graph)));
    const found = nodes
      .filter(({ op, outputs }) => !PREPARING.has(op) && outputs[0].shape.length === 2)
      .map(({ op, outputs }) => `${op} ${outputs[0].shape[0]}`);
    expect(found).toEqual(expected);

    const options = { state: weights, inputs: INPUTS, threads: 1 };
    const plain = await compile(step, { ...options, engine: 'eager' });
    const reference = [await plain.run(given)].flat() as HostTensor[];
    for (const frozen of [true, false]) {
      const answering = await compile(step, { ...options, engine: 'onnxruntime', frozen });
      const mine = [await answering.run(given)].flat() as HostTensor[];
      for (const [at, { data, shape }] of mine.entries()) {
        expect(shape).toEqual(reference[at].shape);
        for (const [i, value] of data.entries())
          expect(value).toBeCloseTo(reference[at].data[i], 4);
      }
      answering.dispose();
    }
    plain.dispose();
  });
});

function signature(): Signature {
  return {
    state: Object.values(SHAPES).map((shape) => spec(shape)),
    statePaths: Object.keys(SHAPES),
    stateShape: Object.fromEntries(Object.keys(SHAPES).map((name) => [name, null])),
    inputs: Object.values(INPUTS),
    inputPaths: Object.keys(INPUTS),
    inputShape: { x: null, mask: null, ids: null, more: null },
  };
}
