// Every lowering against TensorFlow.js's own cpu kernels, forward and backward: one line per op.

import {
  embedding,
  gelu,
  layerNorm,
  randomBits,
  registerGradients,
  registerKernels,
  softmax,
  softmaxCrossEntropy,
} from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor } from './index.js';
import { TFJS_NODE, withTensorflow } from './tensorflow/installed.test-support.js';

tf.env().set('IS_TEST', true);
registerKernels('cpu');
registerGradients();

type Fn = (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
interface Case {
  readonly fn: Fn;
  /** Shapes of float inputs, or given tensors. */
  readonly inputs: readonly (number[] | tf.Tensor)[];
  /** False where TensorFlow.js has no gradient, or the op is not differentiable. */
  readonly gradient?: boolean;
  /** Range of the float inputs. */
  readonly range?: readonly [number, number];
  readonly tolerance?: number;
}

const ids = (values: number[], shape: number[] = [values.length]): tf.Tensor =>
  tf.tensor(values, shape, 'int32');
const bools = (values: number[], shape: number[] = [values.length]): tf.Tensor =>
  tf.tensor(values, shape, 'bool');
const any = (x: tf.Tensor): never => x as never; // ops narrower in rank than a table can say

/** An op by name, which the tables below list. */
const op = (name: keyof typeof tf): Fn => Reflect.get(tf, name) as Fn;

const unary = (
  names: readonly (keyof typeof tf)[],
  options: Partial<Case> = {},
): [string, Case][] => names.map((name) => [name, { fn: op(name), inputs: [[2, 5]], ...options }]);
const binary = (
  names: readonly (keyof typeof tf)[],
  options: Partial<Case> = {},
): [string, Case][] =>
  names.flatMap((name): [string, Case][] => [
    [
      `${name}, same shape`,
      {
        fn: op(name),
        inputs: [
          [2, 3],
          [2, 3],
        ],
        ...options,
      },
    ],
    [
      `${name}, broadcast`,
      {
        fn: op(name),
        inputs: [
          [4, 1, 3],
          [2, 1],
        ],
        ...options,
      },
    ],
    [
      `${name}, with a number`,
      {
        fn: (x) => op(name)(x, 0.7 as never),
        inputs: [[3]],
        ...options,
      },
    ],
  ]);

// biome-ignore format: one line per op
const CASES: [string, Case][] = [
  ...unary(['abs', 'asinh', 'atan', 'cos', 'cosh', 'erf', 'exp', 'expm1', 'neg', 'relu', 'relu6', 'selu', 'elu', 'sigmoid', 'sin', 'sinh', 'softplus', 'square', 'tan', 'tanh', 'leakyRelu', 'reciprocal']),
  ...unary(['acos', 'asin', 'atanh'], { range: [-0.9, 0.9] }),
  ...unary(['log', 'log1p', 'rsqrt', 'sqrt'], { range: [0.2, 3] }),
  ...unary(['acosh'], { range: [1.2, 3] }),
  ...unary(['ceil', 'floor', 'round', 'sign', 'step']),
  ...unary(['isNaN', 'isInf', 'isFinite'], { gradient: false, inputs: [tf.tensor1d([1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])] }),
  ...binary(['add', 'sub', 'mul', 'div', 'atan2']),
  ...binary(['maximum', 'minimum', 'squaredDifference'], { gradient: false }),
  ...binary(['pow', 'mod'], { range: [0.2, 3] }),
  ...binary(['floorDiv'], { range: [0.2, 3], gradient: false }),
  ...binary(['greater', 'greaterEqual', 'less', 'lessEqual', 'equal', 'notEqual'], { gradient: false }),
  ['mod of negative numbers', { fn: (x) => tf.mod(x, tf.tensor1d([3, -3, 3, -3])), inputs: [tf.tensor1d([5, 5, -5, -5])], gradient: false }],
  ['floorDiv of integers', { fn: (x) => tf.floorDiv(x, ids([3, -3, 3, -3])), inputs: [ids([5, 5, -5, -5])], gradient: false }],
  ['mod of integers', { fn: (x) => tf.mod(x, ids([3, -3, 3, -3])), inputs: [ids([5, 5, -5, -5])], gradient: false }],
  ['logical ops', { fn: (a, b) => [tf.logicalAnd(a, b), tf.logicalOr(a, b), tf.logicalXor(a, b), tf.logicalNot(a)], inputs: [bools([0, 0, 1, 1]), bools([0, 1, 0, 1])], gradient: false }],
  ['prelu', { fn: (x, a) => tf.prelu(x, a), inputs: [[3, 4], [4]] }],
  ['clipByValue', { fn: (x) => tf.clipByValue(x, -0.5, 0.5), inputs: [[9]] }],
  ['cast', { fn: (x) => [tf.cast(x, 'int32'), tf.cast(x, 'bool')], inputs: [tf.tensor1d([-1.7, 0, 1.7, 2])], gradient: false }],
  ['where', { fn: (a, b) => tf.where(tf.tensor2d([[1, 0], [0, 1]], undefined, 'bool'), a, b), inputs: [[2, 2], [2, 2]] }],
  ['addN', { fn: (a, b, c) => tf.addN([a, b, c]), inputs: [[2, 2], [2, 2], [2, 2]] }],
  ['onesLike, zerosLike, fill', { fn: (x) => [tf.add(x, tf.onesLike(x)), tf.mul(tf.zerosLike(x), x), tf.sub(tf.fill([3], 2), x)], inputs: [[3]] }],

  ['sum', { fn: (x) => [tf.sum(x), tf.sum(x, 1), tf.sum(x, [0, 2], true), tf.sum(x, -1)], inputs: [[2, 3, 4]] }],
  ['mean', { fn: (x) => [tf.mean(x), tf.mean(x, 1, true)], inputs: [[2, 3, 4]] }],
  ['max', { fn: (x) => [tf.max(x), tf.max(x, 1, true)], inputs: [[2, 3, 4]] }],
  ['min', { fn: (x) => [tf.min(x), tf.min(x, 0)], inputs: [[2, 3]] }],
  ['prod', { fn: (x) => tf.prod(x, 1), inputs: [[2, 3]] }],
  ['sum of booleans', { fn: (x) => tf.sum(x), inputs: [bools([1, 0, 1])], gradient: false }],
  ['all, any', { fn: (x) => [tf.all(x, 1), tf.any(x, 1)], inputs: [bools([1, 0, 1, 1, 0, 0], [3, 2])], gradient: false }],
  ['argMax, argMin', { fn: (x) => [tf.argMax(x, 1), tf.argMin(x, 0)], inputs: [[4, 5]], gradient: false }],
  ['cumsum', { fn: (x) => [tf.cumsum(x, 1), tf.cumsum(x, 1, true), tf.cumsum(x, 1, false, true)], inputs: [[2, 5]] }],
  ['softmax', { fn: (x) => tf.softmax(x), inputs: [[3, 5]] }],
  ['logSoftmax', { fn: (x) => tf.logSoftmax(x), inputs: [[3, 5]] }],
  ['logSumExp', { fn: (x) => tf.logSumExp(x, 1), inputs: [[3, 5]] }],
  ['moments', { fn: (x) => { const { mean, variance } = tf.moments(x, 1); return [mean, variance]; }, inputs: [[3, 5]] }],
  ['norm', { fn: (x) => tf.norm(x), inputs: [[3, 5]] }],

  ['reshape', { fn: (x) => tf.square(tf.reshape(x, [3, -1])), inputs: [[2, 6]] }],
  ['expandDims, squeeze', { fn: (x) => tf.squeeze(tf.exp(tf.expandDims(x, 1))), inputs: [[2, 3]] }],
  ['transpose', { fn: (x) => [tf.exp(tf.transpose(x)), tf.transpose(x, [1, 0, 2])], inputs: [[2, 3, 4]] }],
  ['transpose twice', { fn: (x) => tf.exp(tf.transpose(tf.transpose(x, [1, 2, 0]), [1, 2, 0])), inputs: [[2, 3, 4]] }],
  ['broadcastTo', { fn: (x) => tf.exp(tf.broadcastTo(x, [4, 2, 3])), inputs: [[2, 1]] }],
  ['tile', { fn: (x) => tf.exp(tf.tile(x, [2, 3])), inputs: [[2, 3]] }],
  ['concat', { fn: (a, b) => [tf.exp(tf.concat([a, b], 1)), tf.concat([b, a], -1)], inputs: [[2, 3], [2, 2]] }],
  ['stack, unstack', { fn: (a, b) => tf.unstack(tf.exp(tf.stack([a, b], 1)), 2), inputs: [[2, 3], [2, 3]] }],
  ['split', { fn: (x) => [...tf.split(tf.exp(x), 3, 1), ...tf.split(x, [1, 5], 1)], inputs: [[2, 6]] }],
  ['slice', { fn: (x) => tf.exp(tf.slice(x, [1, 0, 2], [-1, 2, 1])), inputs: [[3, 3, 4]] }],
  ['stridedSlice', { fn: (x) => [tf.stridedSlice(x, [0, 3], [3, 0], [2, -1]), tf.stridedSlice(x, [-1, 0], [-4, 4], [-1, 3])], inputs: [[3, 4]], gradient: false }],
  ['stridedSlice with masks', { fn: (x) => tf.stridedSlice(x, [0, 1], [3, 3], [2, 1], 1, 0, 0, 0, 0), inputs: [[3, 4]], gradient: false }],
  ['pad', { fn: (x) => tf.exp(tf.pad(x, [[1, 0], [2, 1]], 0.5)), inputs: [[2, 3]] }],
  ['mirrorPad', { fn: (x) => [tf.mirrorPad(x, [[1, 1], [2, 1]], 'reflect'), tf.mirrorPad(x, [[2, 1], [3, 2]], 'symmetric')], inputs: [[2, 3]], gradient: false }],
  ['reverse', { fn: (x) => tf.exp(tf.reverse(x, [0, 2])), inputs: [[2, 3, 4]] }],
  ['range, linspace', { fn: (x) => [tf.add(x, tf.range(0, 5)), tf.mul(x, tf.linspace(0, 1, 5))], inputs: [[5]] }],
  ['spaceToBatchND, batchToSpaceND', { fn: (x) => [tf.spaceToBatchND(x, [2, 2], [[0, 0], [2, 0]]), tf.batchToSpaceND(x, [2, 2], [[0, 1], [1, 0]])], inputs: [[4, 2, 4, 1]], gradient: false }],

  ['gather', { fn: (x) => [tf.gather(x, ids([2, 0, 2])), tf.gather(x, ids([1, 1, 0, 1], [2, 2]), 1)], inputs: [[3, 4]] }],
  ['gather with batchDims', { fn: (x) => tf.gather(x, ids([1, 0, 2, 2], [2, 2]), 1, 1), inputs: [[2, 3, 4]] }],
  ['gatherND', { fn: (x) => tf.gatherND(x, ids([1, 0, 0, 2], [2, 2])), inputs: [[2, 3, 4]], gradient: false }],
  ['scatterND', { fn: (x) => tf.scatterND(any(ids([2, 0, 2], [3, 1])), x, [4, 2]), inputs: [[3, 2]], gradient: false }],
  ['tensorScatterUpdate', { fn: (x) => tf.tensorScatterUpdate(any(tf.zeros([4, 2])), any(ids([2, 0], [2, 1])), x), inputs: [[2, 2]], gradient: false }],
  ['unsortedSegmentSum', { fn: (x) => tf.unsortedSegmentSum(x, any(ids([2, 0, 2])), 4), inputs: [[3, 2]] }],
  ['oneHot', { fn: (x) => [tf.mul(tf.oneHot(ids([0, 2, -1, 5]), 3), tf.expandDims(x, 1)), tf.oneHot(ids([1, 0]), 2, 5, -5)], inputs: [[4]] }],
  ['topk', { fn: (x) => { const { values, indices } = tf.topk(x, 3); return [values, indices]; }, inputs: [[4, 6]], gradient: false }],

  ['matMul', { fn: (a, b) => tf.matMul(a, b), inputs: [[3, 4], [4, 2]] }],
  ['matMul, transposed', { fn: (a, b) => [tf.matMul(a, b, true, true), tf.matMul(b, a, true, true)], inputs: [[4, 3], [3, 4]] }],
  ['matMul of batches', { fn: (a, b) => [tf.matMul(a, b), tf.matMul(a, a, false, true), tf.matMul(b, b, true, false)], inputs: [[2, 5, 3, 4], [2, 5, 4, 3]] }],
  ['matMul with broadcast batches', { fn: (a, b) => tf.matMul(a, b), inputs: [[2, 5, 3, 4], [1, 1, 4, 3]], gradient: false }],
  ['dot', { fn: (a, b) => tf.dot(a, b), inputs: [[4], [4]] }],
  ['fused.matMul', { fn: (a, b, bias) => tf.fused.matMul({ a: any(a), b: any(b), bias, activation: 'relu' }), inputs: [[3, 4], [4, 2], [2]] }],
  ['einsum', { fn: (a, b) => [tf.einsum('bij,bjk->bik', a, b), tf.einsum('bij,bji->b', a, b)], inputs: [[2, 3, 4], [2, 4, 3]], gradient: false }],

  ['conv2d', { fn: (x, f) => [tf.conv2d(any(x), any(f), 1, 'same'), tf.conv2d(any(x), any(f), 2, 'valid')], inputs: [[2, 6, 5, 3], [3, 2, 3, 4]] }],
  ['conv2d, strided and same', { fn: (x, f) => tf.conv2d(any(x), any(f), [2, 3], 'same'), inputs: [[1, 7, 8, 2], [3, 3, 2, 2]] }],
  ['conv2d, dilated', { fn: (x, f) => tf.conv2d(any(x), any(f), 1, 'valid', 'NHWC', 2), inputs: [[1, 7, 8, 2], [3, 2, 2, 2]], gradient: false }],
  ['depthwiseConv2d', { fn: (x, f) => tf.depthwiseConv2d(any(x), any(f), 1, 'same'), inputs: [[1, 5, 5, 3], [3, 3, 3, 2]], gradient: false }],
  ['fused.conv2d', { fn: (x, f, bias) => tf.fused.conv2d({ x: any(x), filter: any(f), strides: 1, pad: 'same', bias, activation: 'relu' }), inputs: [[1, 5, 5, 3], [3, 3, 3, 2], [2]] }],
  ['maxPool', { fn: (x) => [tf.maxPool(any(x), 2, 2, 'valid'), tf.maxPool(any(x), 3, 1, 'same')], inputs: [[2, 5, 6, 3]] }],
  ['avgPool', { fn: (x) => [tf.avgPool(any(x), 2, 2, 'valid'), tf.avgPool(any(x), 3, 2, 'same')], inputs: [[2, 5, 6, 3]] }],
  ['nn gelu', { fn: (x) => [gelu(x), gelu(x, 'tanh')], inputs: [[40]], range: [-4, 4] }],
  ['nn layerNorm', { fn: (x, g, b) => layerNorm({ 'n.weight': g, 'n.bias': b }, 'n', x, 1e-6), inputs: [[6, 8], [8], [8]] }],
  ['nn softmax', { fn: (x) => softmax(x), inputs: [[2, 3, 5]] }],
  ['nn softmaxCrossEntropy', { fn: (x) => softmaxCrossEntropy(any(x), any(ids([0, 4, 4, 2]))), inputs: [[4, 5]] }],
  ['nn embedding', { fn: (x) => embedding(any(x), any(ids([0, 4, 4, 2, 4]))), inputs: [[5, 3]] }],
  ['nn randomBits', { fn: (seed, counter) => [randomBits({ seed: any(seed), counter: any(counter) }, 3, [2, 50]), randomBits({ seed: any(seed), counter: any(counter) }, 'name', [7])], inputs: [ids([5], []), ids([-3], [])], gradient: false, tolerance: 0 }],
];

/** Numbers in a range from a small generator, so that a failure can be repeated. */
function numbers(size: number, [from, to]: readonly [number, number], seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return from + ((to - from) * state) / 2 ** 32;
  });
}

/** Values of fn, and gradients of a weighted sum of them by every float input. */
function valuesAndGradients({ fn, gradient = true }: Case) {
  return (_: unknown, inputs: tf.Tensor[]) => {
    const outputs = [fn(...inputs)].flat();
    if (!gradient) return { outputs: { outputs, gradients: [] } };
    const floats = inputs.map((x) => x.dtype === 'float32');
    const scalar = (...chosen: tf.Tensor[]): tf.Scalar => {
      const left = [...chosen];
      const all = inputs.map((x, index) => (floats[index] ? (left.shift() as tf.Tensor) : x));
      const parts = [fn(...all)].flat().filter(({ dtype }) => dtype === 'float32');
      return tf.addN(
        parts.map((y, index) =>
          tf.sum(tf.mul(y, tf.reshape(tf.range(0, y.size), y.shape)) as tf.Tensor).mul(index + 1),
        ),
      ) as tf.Scalar;
    };
    const gradients = tf.grads(scalar)(inputs.filter((_, index) => floats[index]));
    return { outputs: { outputs, gradients } };
  };
}

describe.each(withTensorflow('onnxruntime'))('%s agrees with the cpu kernels on', (engine) => {
  test.each(CASES)('%s', async (_, entry) => {
    const { inputs, range = [-2, 2], tolerance = 2e-5 } = entry;
    const given: HostTensor[] = inputs.map((input, index) =>
      Array.isArray(input)
        ? {
            dtype: 'float32',
            shape: input,
            data: numbers(
              input.reduce((a, b) => a * b, 1),
              range,
              index + 1,
            ),
          }
        : {
            dtype: input.dtype as 'int32',
            shape: input.shape,
            data: input.dataSync() as Int32Array,
          },
    );
    const found = [];
    for (const name of [engine, 'eager'] as const) {
      const program = await compile(valuesAndGradients(entry), {
        state: {},
        inputs: given.map(({ dtype, shape }) => ({ dtype, shape })),
        engine: name,
        threads: 1,
        tensorflowFrom: TFJS_NODE,
      });
      const { outputs, gradients } = (await program.run(given)) as {
        outputs: HostTensor[];
        gradients: HostTensor[];
      };
      found.push([...outputs, ...gradients]);
      program.dispose();
    }
    const [values, eager] = found;
    expect(values.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(
      eager.map(({ dtype, shape }) => ({ dtype, shape })),
    );
    for (const [index, { data }] of values.entries()) {
      const expected = eager[index].data;
      const scale = Math.max(1, ...Array.from(expected, Math.abs).filter(Number.isFinite));
      for (let i = 0; i < data.length; i++) {
        if (!Number.isFinite(expected[i])) expect(data[i]).toBe(expected[i]);
        else if (!(Math.abs(data[i] - expected[i]) <= tolerance * scale))
          throw new Error(`output ${index}: [${data}] differs from [${expected}]`);
      }
    }
  });
});
