import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile } from './index.js';
import { TFJS_NODE, withTensorflow } from './tensorflow/installed.test-support.js';

tf.env().set('IS_TEST', true);

type X = { x: tf.Tensor2D };

test.each(withTensorflow('onnxruntime'))(
  'memory stays flat over 10,000 calls on engine %s',
  async (engine) => {
    const program = await compile(
      (s: { w: tf.Tensor2D }, { x }: X) => {
        const y = tf.tanh(tf.matMul(x, s.w));
        return {
          state: { w: tf.add(s.w, tf.mul(tf.matMul(x, y, true, false), 1e-3)) },
          outputs: tf.mean(y),
        };
      },
      {
        state: { w: tf.ones([128, 128]) },
        inputs: { x: { dtype: 'float32', shape: [128, 128] } },
        engine,
        tensorflowFrom: TFJS_NODE,
        threads: 1,
      },
    );
    const x = new Float32Array(128 * 128).fill(0.01);
    const calls = async (count: number): Promise<number> => {
      for (let call = 0; call < count; call++) await program.run({ x });
      return process.memoryUsage().rss / 2 ** 20;
    };
    const before = await calls(2000);
    const tensors = tf.memory().numTensors;
    const after = await calls(10_000);
    // A leak of one 64 KiB buffer a call would be 625 MiB.
    expect(after - before).toBeLessThan(32);
    expect(tf.memory().numTensors).toBe(tensors);
    program.dispose();
  },
  300_000,
);
