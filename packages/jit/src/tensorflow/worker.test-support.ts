// Runs a program inside a worker thread and posts the three running sums of its state.

import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor } from '../index.js';

const program = await compile(
  ({ sum }, { x }) => ({ state: { sum: tf.add(sum, x) }, outputs: tf.add(sum, x) }),
  {
    state: { sum: { dtype: 'float32', shape: [], data: new Float32Array(1) } },
    inputs: { x: { dtype: 'float32', shape: [] } },
    engine: 'tensorflow',
    threads: 1,
    tensorflowFrom: workerData as string,
  },
);
const sums: number[] = [];
for (const x of [1, 2, 3]) sums.push(((await program.run({ x })) as HostTensor).data[0]);
program.dispose();
parentPort?.postMessage(sums);
