import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor, registerCoreGradients } from './index.js';

tf.env().set('IS_TEST', true);
beforeAll(registerCoreGradients);

const ids = (values: number[], shape: number[]): tf.Tensor => tf.tensor(values, shape, 'int32');
const any = (x: tf.Tensor): never => x as never; // ops narrower in rank than a table can say
type Fn = (...x: tf.Tensor[]) => tf.Tensor;

// biome-ignore format: one line per op
const CASES: [string, Fn, number[][]][] = [
  ['matMul, batch broadcast on the right', (a, b) => tf.matMul(a, b), [[2, 3, 4], [1, 4, 2]]],
  ['matMul, batch broadcast on the left', (a, b) => tf.matMul(a, b, true, true), [[1, 4, 3], [2, 5, 4]]],
  ['matMul of a batch and a matrix', (a, b) => tf.matMul(a, b, false, true), [[2, 3, 4], [5, 4]]],
  ['cumsum along the first axis', (x) => tf.cumsum(x, 0), [[3, 2]]],
  ['cumsum, exclusive and reversed', (x) => tf.cumsum(x, 1, true, true), [[2, 4, 2]]],
  ['gather along the last axis', (x) => tf.gather(x, any(ids([2, 0, 2], [3])), 1), [[2, 3]]],
  ['gather with one batch axis', (x) => tf.gather(x, any(ids([1, 0, 2, 2], [2, 2])), 1, 1), [[2, 3, 2]]],
  ['gather with a batch axis before another', (x) => tf.gather(x, any(ids([1, 0, 2, 2], [2, 2])), 2, 1), [[2, 2, 3]]],
  ['gather with two batch axes', (x) => tf.gather(x, any(ids([1, 0, 0, 1], [2, 2, 1])), 2, 2), [[2, 2, 3]]],
  ['gatherND', (x) => tf.gatherND(x, ids([1, 0, 0, 1, 1, 0], [3, 2])), [[2, 2, 2]]],
  ['scatterND', (x) => tf.scatterND(ids([2, 0, 2], [3, 1]), x, [4, 2]), [[3, 2]]],
  ['tensorScatterUpdate', (x, u) => tf.tensorScatterUpdate(tf.mul(x, 1.5), ids([2, 0], [2, 1]), u), [[3, 2], [2, 2]]],
  ['tile', (x) => tf.tile(x, [2, 1, 3]), [[2, 3, 2]]],
  ['broadcastTo', (x) => tf.broadcastTo(x, [2, 3, 2]), [[3, 1]]],
  ['where', (a, b) => tf.where(tf.tensor1d([1, 0, 1], 'bool'), a, b), [[3], [3]]],
  ['rsqrt', (x) => tf.rsqrt(tf.add(tf.square(x), 1)), [[4]]],
  ['maximum, broadcast', (a, b) => tf.maximum(a, b), [[2, 1, 3], [2, 1]]],
  ['minimum, broadcast', (a, b) => tf.minimum(a, b), [[3], [2, 3]]],
  ['squaredDifference, broadcast', (a, b) => tf.squaredDifference(a, b), [[2, 1, 3], [2, 1]]],
  ['topk', (x) => tf.topk(x, 2).values, [[2, 5]]],
  ['einsum of two', (a, b) => tf.einsum('bij,bjk->bik', a, b), [[2, 3, 2], [2, 2, 3]]],
];

/** Numbers apart from one another, so that a small step changes no maximum. */
function spread(size: number, offset: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => ((i * 7 + offset * 3) % 11) * 0.17 - 0.8 + offset * 0.01,
  );
}

/** A weighted sum of fn, so that every output counts differently. */
const weighed =
  (fn: Fn): Fn =>
  (...x) => {
    const y = fn(...x);
    return tf.sum(tf.mul(tf.reshape(y, [y.size]), tf.linspace(-1, 1.3, y.size)));
  };

describe('the gradient agrees with finite differences for', () => {
  test.each(CASES)('%s', (_, fn, shapes) => {
    const f = weighed(fn);
    const values = shapes.map((shape, at) => spread(tf.util.sizeFromShape(shape), at));
    const at = (arrays: Float32Array[]) =>
      arrays.map((array, index) => tf.tensor(array, shapes[index]));
    tf.tidy(() => {
      const grads = tf.grads(f as (...x: tf.Tensor[]) => tf.Tensor)(at(values));
      for (const [input, grad] of grads.entries()) {
        expect(grad.shape).toEqual(shapes[input]);
        const found = grad.dataSync();
        for (let i = 0; i < found.length; i++) {
          const moved = (by: number): number => {
            const copies = values.map((array) => array.slice());
            copies[input][i] += by;
            return f(...at(copies)).dataSync()[0];
          };
          expect(found[i]).toBeCloseTo((moved(0.01) - moved(-0.01)) / 0.02, 2);
        }
      }
    });
  });
});

test('a traced gradient is the same', async () => {
  const step = (_: unknown, { x }: { x: tf.Tensor }) => ({
    outputs: tf.grad((v) => weighed(CASES[7][1])(v))(x),
  });
  const options = { state: {}, inputs: { x: { dtype: 'float32', shape: [2, 2, 3] } } } as const;
  const found = [];
  for (const engine of ['onnxruntime', 'eager'] as const) {
    const program = await compile(step, { ...options, engine });
    found.push(((await program.run({ x: spread(12, 0) })) as HostTensor).data);
    program.dispose();
  }
  for (const [i, value] of found[0].entries()) expect(value).toBeCloseTo(found[1][i], 6);
});
