import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Source } from '../engine.js';
import type { HostTensor } from '../host-tensor.js';
import { type Signature, trace } from '../trace.js';
import { onnxRuntimeEngine } from './engine.js';

tf.env().set('IS_TEST', true);

const spec = { dtype: 'float32', shape: [2, 2] } as const;
const signature: Signature = {
  state: [spec],
  statePaths: ['state.w'],
  stateShape: { w: null },
  inputs: [spec],
  inputPaths: ['inputs.x'],
  inputShape: { x: null },
};

function step({ w }: { w: tf.Tensor2D }, { x }: { x: tf.Tensor2D }) {
  const y = tf.matMul(x, w);
  return {
    state: { w: tf.add(w, y) },
    outputs: { y, positive: tf.greater(y, 0), best: tf.argMax(y, 1) },
  };
}

test('the npm binding computes what the C API computes', async () => {
  await tf.ready();
  const source: Source = { step, signature, traced: () => trace(step, signature) };
  const w: HostTensor = { ...spec, data: new Float32Array([1, -2, 3, 4]) };
  const x: HostTensor = { ...spec, data: new Float32Array([1, 0, -1, 1]) };
  const found = [];
  for (const binding of ['native', 'npm'] as const) {
    const engine = await onnxRuntimeEngine([w], { threads: 1, binding });
    const runner = await engine.load(source);
    await runner.run([x]);
    const { leaves } = await runner.run([x]);
    found.push([...leaves, ...(await engine.readState())]);
    runner.dispose();
    engine.dispose();
  }
  expect(found[1]).toEqual(found[0]);
  // w becomes w + xw = [[2, -4], [5, 10]]; then y = xw = [[2, -4], [3, 14]], after the sorted keys best, positive, y.
  expect(Array.from(found[0][2].data)).toEqual([2, -4, 3, 14]);
  expect(Array.from(found[0][0].data)).toEqual([0, 1]);
});
