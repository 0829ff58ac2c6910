import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor } from './index.js';
import { TFJS_NODE, withTensorflow } from './tensorflow/installed.test-support.js';

const ENGINES = withTensorflow('onnxruntime', 'eager');

type Linear = { w: tf.Tensor2D; b: tf.Tensor1D };
type Batch = { x: tf.Tensor2D; y: tf.Tensor2D };

/** One step of gradient descent on a least-squares line. */
function descend(state: Linear, { x, y }: Batch) {
  const loss = (w: tf.Tensor2D, b: tf.Tensor1D): tf.Scalar =>
    tf.mean(tf.squaredDifference(tf.add(tf.matMul(x, w), b), y));
  const { value, grads } = tf.valueAndGrads((w, b) => loss(w as tf.Tensor2D, b as tf.Tensor1D))([
    state.w,
    state.b,
  ]);
  const next = (p: tf.Tensor, g: tf.Tensor): tf.Tensor => tf.sub(p, tf.mul(g, 0.1));
  return {
    state: { w: next(state.w, grads[0]), b: next(state.b, grads[1]) },
    outputs: { loss: value },
  };
}

const state = {
  w: { dtype: 'float32', shape: [2, 1], data: new Float32Array([0, 0]) },
  b: { dtype: 'float32', shape: [1], data: new Float32Array([0]) },
} as const;
const inputs = {
  x: { dtype: 'float32', shape: [4, 2] },
  y: { dtype: 'float32', shape: [4, 1] },
} as const;
const batch = {
  x: new Float32Array([1, 0, 0, 1, 1, 1, 2, 1]),
  y: new Float32Array([3, 0, 2, 5]),
};

describe.each(ENGINES)('a program on engine %s', (engine) => {
  const descent = () => compile(descend, { state, inputs, engine, tensorflowFrom: TFJS_NODE });

  test('computes what the function says and moves its state', async () => {
    const program = await descent();
    // Mean of 9, 0, 4, 25 at w = b = 0.
    const { loss: first }: { loss: HostTensor } = await program.run(batch); // typed as the function is
    expect(first.data[0]).toBeCloseTo(9.5, 5);
    // Gradient at zero: dw = -2/4·[3+2+10, 0+2+5], db = -2/4·10.
    const after = await program.readState();
    expect(Array.from(after.w.data)).toEqual([expect.closeTo(0.75, 6), expect.closeTo(0.35, 6)]);
    expect(Array.from(after.b.data)).toEqual([expect.closeTo(0.5, 6)]);
    let loss = 0;
    for (let step = 0; step < 300; step++) loss = (await program.run(batch)).loss.data[0];
    expect(loss).toBeLessThan(0.76);
    program.dispose();
  });

  test('shares its state with programs compiled from it', async () => {
    const program = await descent();
    const predict = await program.compile(
      (s: Linear, { x }: { x: tf.Tensor2D }) => ({ outputs: tf.add(tf.matMul(x, s.w), s.b) }),
      { inputs: { x: inputs.x } },
    );
    await program.run(batch);
    const found = await predict.run({ x: batch.x });
    expect(found.shape).toEqual([4, 1]);
    expect(found.data[3]).toBeCloseTo(2 * 0.75 + 0.35 + 0.5, 5);
    predict.dispose();
    program.dispose();
  });

  test('starts again from a state that was read', async () => {
    const program = await descent();
    await program.run(batch);
    const snapshot = await program.readState();
    const second = await program.run(batch);
    await program.writeState(snapshot);
    expect(await program.run(batch)).toEqual(second);
    program.dispose();
  });
});
