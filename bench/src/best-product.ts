// The fastest float32 matrix product that an engine manages here: the yardstick for a step's share of the machine.

import { compile, type EngineName } from '@alectra/jit';
import * as tf from '@tensorflow/tfjs-core';

/** GFLOP/s of the best of a few square products; the operand stays inside the engine. */
export async function bestProduct(engine: EngineName, threads: number): Promise<number> {
  let best = 0;
  for (const size of [512, 1024, 2048]) {
    const shape = [size, size];
    const operand = {
      dtype: 'float32' as const,
      shape,
      data: new Float32Array(size * size).fill(0.5),
    };
    const program = await compile(
      (state) => {
        const { a } = state as { a: tf.Tensor2D };
        return { outputs: { sum: tf.sum(tf.slice(tf.matMul(a, a), [0, 0], [1, 1])) } };
      },
      { state: { a: operand }, inputs: {}, engine, threads },
    );
    for (let i = 0; i < 8; i++) {
      const start = performance.now();
      await program.run({});
      best = Math.max(best, (2 * size ** 3) / ((performance.now() - start) * 1e6));
    }
    program.dispose();
  }
  return best;
}
