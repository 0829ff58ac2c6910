import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { embedding } from './embedding.js';
import { gelu } from './gelu.js';
import { layerNorm } from './layer-norm.js';
import { hostRandomBits } from './random-bits.js';
import { registerKernels } from './register.js';
import { softmax } from './softmax.js';
import { softmaxCrossEntropy } from './softmax-cross-entropy.js';
import { stopGradient } from './stop-gradient.js';

/** Numbers in (-2, 2), the same every time. */
function numbers(shape: number[], stream: string): tf.Tensor {
  const bits = hostRandomBits(7, 0, stream, tf.util.sizeFromShape(shape));
  return tf.tensor(
    Float32Array.from(bits, (b) => (b / 2 ** 23) * 4 - 2),
    shape,
  );
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, digits: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) expect(actual[i]).toBeCloseTo(expected[i], digits);
}

interface Case {
  readonly name: string;
  readonly inputs: Record<string, number[]>;
  readonly run: (x: Record<string, tf.Tensor>) => tf.Tensor;
}

const ids = [3, 0, 3, 1];
const cases: Case[] = [
  { name: 'gelu', inputs: { x: [3, 4] }, run: ({ x }) => gelu(x) },
  { name: 'gelu tanh', inputs: { x: [3, 4] }, run: ({ x }) => gelu(x, 'tanh') },
  {
    name: 'layer norm',
    inputs: { x: [2, 3, 5], 'n.weight': [5], 'n.bias': [5] },
    run: (p) => layerNorm(p, 'n', p.x, 1e-3),
  },
  { name: 'softmax', inputs: { x: [2, 3, 4] }, run: ({ x }) => softmax(x) },
  {
    name: 'softmax cross-entropy',
    inputs: { x: [4, 5] },
    run: ({ x }) => softmaxCrossEntropy(x as tf.Tensor2D, tf.tensor1d(ids, 'int32')),
  },
  {
    name: 'embedding',
    inputs: { x: [4, 3] },
    run: ({ x }) => embedding(x as tf.Tensor2D, tf.tensor1d(ids, 'int32')),
  },
];

/** Value and gradients of sum(output * fixed weights). */
function differentiate(
  { run }: Case,
  inputs: tf.Tensor[],
  names: string[],
): { value: number; grads: Float32Array[]; output: Float32Array } {
  return tf.tidy(() => {
    let output = new Float32Array();
    const loss = (...xs: tf.Tensor[]): tf.Scalar => {
      const y = run(Object.fromEntries(xs.map((x, i) => [names[i], x])));
      output = y.dataSync<'float32'>().slice();
      return tf.sum(tf.mul(y, numbers(y.shape, 'weights')));
    };
    const { value, grads } = tf.valueAndGrads(loss)(inputs);
    return {
      value: value.dataSync()[0],
      output,
      grads: grads.map((g) => g.dataSync<'float32'>().slice()),
    };
  });
}

tf.env().set('IS_TEST', true); // no banner, and the engine checks every kernel for leaks

// The composed kernels run on a second backend made of the cpu backend's kernels.
beforeAll(() => {
  tf.registerBackend('composed', tf.findBackendFactory('cpu'));
  tf.copyRegisteredKernels('cpu', 'composed');
  registerKernels('cpu');
  registerKernels('composed');
});

describe.each(cases)('$name', (testCase) => {
  const names = Object.keys(testCase.inputs);
  const inputs = (): tf.Tensor[] => names.map((name) => numbers(testCase.inputs[name], name));

  test('has the gradient of finite differences', async () => {
    await tf.setBackend('cpu');
    const xs = inputs();
    const { grads } = differentiate(testCase, xs, names);
    const step = 1 / 128;
    xs.forEach((x, k) => {
      const values = x.dataSync<'float32'>().slice();
      values.forEach((original, i) => {
        const at = (value: number): number => {
          const changed = values.slice();
          changed[i] = value;
          const moved = [...xs];
          moved[k] = tf.tensor(changed, x.shape);
          return differentiate(testCase, moved, names).value;
        };
        const slope = (at(original + step) - at(original - step)) / (2 * step);
        expect(Math.abs(grads[k][i] - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
      });
    });
  });

  test('composed of TensorFlow.js operations, it gives the same', async () => {
    await tf.setBackend('cpu');
    const host = differentiate(testCase, inputs(), names);
    await tf.setBackend('composed');
    const composed = differentiate(testCase, inputs(), names);
    await tf.setBackend('cpu');
    expectClose(composed.output, host.output, 5);
    for (const [k, grad] of host.grads.entries()) expectClose(composed.grads[k], grad, 5);
  });

  test('leaves nothing behind', () => {
    const xs = inputs();
    const before = tf.memory().numTensors;
    const byName = Object.fromEntries(xs.map((x, i) => [names[i], x]));
    const constants = testCase.name.match(/cross-entropy|embedding/) ? 1 : 0; // ids of the case
    testCase.run(byName).dispose();
    expect(tf.memory().numTensors).toBe(before + constants);
    expect(tf.memory().numDataBuffers).toBeLessThanOrEqual(tf.memory().numTensors);
  });
});

test('gelu has the values of the definition', () => {
  const x = tf.tensor1d([-3, -1, 0, 0.5, 2]);
  // scipy: x * ndtr(x), and 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  const erf = [-0.00404969, -0.15865525, 0, 0.34573123, 1.95449974];
  const tanh = [-0.00363739, -0.15880801, 0, 0.34571401, 1.95459769];
  expectClose(gelu(x).dataSync(), erf, 6);
  expectClose(gelu(x, 'tanh').dataSync(), tanh, 6);
});

test('cross-entropy stays finite for large logits', () => {
  const logits = tf.tensor2d([[1000, -1000, 0]]);
  const loss = softmaxCrossEntropy(logits, tf.tensor1d([2], 'int32'));
  expect(loss.dataSync()[0]).toBe(1000);
});

test('stopGradient passes values and blocks gradients', () => {
  const x = tf.tensor1d([2, 3]);
  const before = tf.memory();
  const stopped = stopGradient(x);
  expect([...stopped.dataSync()]).toEqual([2, 3]);
  stopped.dispose();
  expect(tf.memory().numTensors).toBe(before.numTensors);
  const slope = tf.grad((y) => tf.sum(tf.mul(y, stopGradient(y))))(x);
  expect([...slope.dataSync()]).toEqual([2, 3]);
  expect([...x.dataSync()]).toEqual([2, 3]);
});

test('the padding row of a table is looked up but never learns', () => {
  const table = tf.tensor2d([[1], [2], [3]]);
  const look = (t: tf.Tensor): tf.Tensor =>
    embedding(t as tf.Tensor2D, tf.tensor1d([0, 1, 1], 'int32'), 0);
  expect([...look(table).dataSync()]).toEqual([1, 2, 2]);
  expect([...tf.grad(look)(table).dataSync()]).toEqual([0, 2, 0]);
});

test('an unregistered backend is named, with the call that helps', async () => {
  tf.registerBackend('bare', tf.findBackendFactory('cpu'));
  await tf.setBackend('bare');
  const x = tf.tensor1d([1]);
  expect(() => gelu(x)).toThrow(
    "nn: cannot run Gelu: backend 'bare' has no such kernel.\nCall registerKernels('bare')",
  );
  await tf.setBackend('cpu');
});

test('a norm of another width is refused, not folded into rows', () => {
  const params = { 'n.weight': tf.ones([4]), 'n.bias': tf.zeros([4]) };
  expect(() => layerNorm(params, 'n', tf.ones([2, 8]), 1e-12)).toThrow(
    "nn: cannot apply 'n': found an input of [2, 8], weight of 4 and bias of 4 values",
  );
});

describe('labels of the cross-entropy', () => {
  const logits = tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test.each([-100, -1, 3])('outside the columns are refused: %d', (label) => {
    expect(() => softmaxCrossEntropy(logits, tf.tensor1d([label, 0], 'int32'))).toThrow(
      `nn: cannot take the cross-entropy of label ${label}: expected 0 to 2.`,
    );
  });

  test.each([
    [tf.tensor1d([1], 'int32'), 'int32 [1]'],
    [tf.tensor1d([0, 1], 'float32'), 'float32 [2]'],
  ])('that are not one integer for each row are refused: %#', (labels, found) => {
    expect(() => softmaxCrossEntropy(logits, labels)).toThrow(
      `nn: cannot take the cross-entropy of ${found} labels: expected int32 [2]`,
    );
  });
});
