// What is particular to the tensorflow engine; parity.test.ts and compile.test.ts run on it too.

import { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  type CompileOptions,
  compile,
  type HostTensor,
  type Program,
  type Step,
} from '../index.js';
import { startTensorflow } from './addon.js';
import { hasTensorflow, TFJS_NODE } from './installed.test-support.js';

const vector = (...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const floats = (...shape: number[]) => ({ dtype: 'float32', shape }) as const;
const on = (step: Step, options: Omit<CompileOptions, 'engine'>): Promise<Program> =>
  compile(step, { ...options, engine: 'tensorflow', tensorflowFrom: TFJS_NODE });
const values = (tensor: unknown): number[] => Array.from((tensor as HostTensor).data);

if (!hasTensorflow) {
  test.skip('the tensorflow engine: ALECTRA_TFJS_NODE names no folder with tfjs-node', () => {});
}
(hasTensorflow ? describe : describe.skip)('a program in TensorFlow', () => {
  test('reads the whole state before it writes any of it', async () => {
    const swap: Step = (state: Record<string, tf.Tensor>) => ({
      state: { a: state.b, b: state.a },
      outputs: { a: state.a },
    });
    const program = await on(swap, { state: { a: vector(1, 2), b: vector(3, 4) }, inputs: {} });
    expect(values(((await program.run({})) as Record<string, HostTensor>).a)).toEqual([1, 2]);
    const { a, b } = (await program.readState()) as Record<string, HostTensor>;
    expect([values(a), values(b)]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    program.dispose();
  });

  test('keeps a copy of an input that becomes state', async () => {
    const remember: Step = (_, { x }: Record<string, tf.Tensor>) => ({
      state: { x: tf.slice(tf.reshape(x, [4]), [0], [4]) },
      outputs: [],
    });
    const program = await on(remember, {
      state: { x: vector(0, 0, 0, 0) },
      inputs: { x: floats(2, 2) },
    });
    const given = Float32Array.of(1, 2, 3, 4);
    expect(await program.run({ x: given })).toEqual([]);
    given.fill(9);
    expect(values(((await program.readState()) as Record<string, HostTensor>).x)).toEqual([
      1, 2, 3, 4,
    ]);
    program.dispose();
  });

  test.each([
    ['float32', 1e-5],
    ['bf16', 2e-2],
  ] as const)(
    'computes long element-wise chains in %s as ONNX Runtime does',
    async (precision, within) => {
      const step: Step = ({ w }: { w: tf.Tensor2D }, { x }: { x: tf.Tensor2D }) => {
        const { value, grads } = tf.valueAndGrads((weights: tf.Tensor) =>
          tf.mean(tf.square(tf.sigmoid(tf.add(tf.matMul(x, weights as tf.Tensor2D), 0.5)))),
        )([w]);
        return { state: { w: tf.sub(w, tf.mul(grads[0], 300)) }, outputs: value };
      };
      const waves = (size: number, period: number): Float32Array =>
        Float32Array.from({ length: size }, (_, i) => Math.sin(i * period));
      const state = { w: { ...floats(64, 512), data: waves(64 * 512, 0.7) } };
      const inputs = { x: floats(512, 64) }; // 512 · 512 results: enough to be compiled
      const batch = { x: waves(512 * 64, 1.3) };
      const losses = async (program: Program): Promise<number[]> => {
        const found: number[] = [];
        for (let i = 0; i < 3; i++) found.push(...values(await program.run(batch)));
        program.dispose();
        return found;
      };
      const found = await losses(await on(step, { state, inputs, precision }));
      const options = { state, inputs, engine: 'onnxruntime' } as const;
      const expected = await losses(await compile(step, options));
      expect(expected[2]).toBeLessThan(0.99 * expected[0]);
      for (const [at, loss] of found.entries())
        expect(Math.abs(loss / expected[at] - 1)).toBeLessThan(within);
    },
    60_000,
  );

  test('carries the state over when another function joins late', async () => {
    const count: Step = ({ n }: Record<string, tf.Tensor>) => ({
      state: { n: tf.add(n, 1) },
      outputs: n,
    });
    const program = await on(count, { state: { n: vector(10) }, inputs: {} });
    await program.run({});
    const twice = await program.compile(({ n }) => ({ outputs: tf.mul(n, 2) }), { inputs: {} });
    expect(values(await twice.run({}))).toEqual([22]);
    expect(values(await program.run({}))).toEqual([11]);
    await program.writeState({ n: vector(-1) });
    expect(values(await twice.run({}))).toEqual([-2]);
    program.dispose();
  });

  test('runs without state, inputs or tensors of any size', async () => {
    const program = await on(
      (_, { x }) => ({ outputs: { sum: tf.sum(x), none: tf.slice(x, [0], [0]) } }),
      {
        state: {},
        inputs: { x: floats(3) },
      },
    );
    const { sum, none } = (await program.run({ x: Float32Array.of(1, 2, 4) })) as Record<
      string,
      HostTensor
    >;
    expect([values(sum), values(none), none.shape]).toEqual([[7], [], [0]]);
    program.dispose();
  });

  test('leaves no tensors behind', async () => {
    const program = await on(
      (state, { x }) => ({ state: { w: tf.add(state.w, x) }, outputs: { x, w: state.w } }),
      {
        state: { w: vector(1, 2) },
        inputs: { x: floats(2) },
      },
    );
    const addon = await startTensorflow({ tensorflowFrom: TFJS_NODE });
    await program.run({ x: Float32Array.of(1, 1) });
    const before = addon.getNumOfTensors();
    for (let i = 0; i < 20; i++) await program.run({ x: Float32Array.of(1, 1) });
    expect(addon.getNumOfTensors()).toBe(before);
    program.dispose();
  });

  test('adds the columns of wide weight gradients like any others', async () => {
    // 1024 columns, 4 KiB apart: the product is padded inside.
    const program = await on((_, { a, b }) => ({ outputs: tf.matMul(a, b, true, false) }), {
      state: {},
      inputs: { a: floats(256, 1024), b: floats(256, 1024) },
    });
    const a = new Float32Array(256 * 1024).map((_, i) => (i % 7) - 3);
    const b = new Float32Array(256 * 1024).map((_, i) => (i % 5) - 2);
    const product = (await program.run({ a, b })) as HostTensor;
    expect(product.shape).toEqual([1024, 1024]);
    for (const [row, column] of [
      [0, 0],
      [3, 1023],
      [1023, 7],
      [511, 512],
    ]) {
      let sum = 0;
      for (let k = 0; k < 256; k++) sum += a[k * 1024 + row] * b[k * 1024 + column];
      expect(product.data[row * 1024 + column]).toBe(sum);
    }
    program.dispose();
  });

  test('multiplies in bfloat16 on request, and keeps weights in float32', async () => {
    const step: Step = (state, { x }) => {
      const h = tf.transpose(tf.add(tf.matMul(x, state.w), state.b));
      return { state: { w: tf.add(state.w, 1 / 512), b: state.b }, outputs: tf.matMul(h, h, true) };
    };
    const state = { w: { ...vector(1 + 1 / 512, 2, 3, 4), shape: [2, 2] }, b: vector(0.5, -0.5) };
    const program = await on(step, { state, inputs: { x: floats(1, 2) }, precision: 'bf16' });
    // bfloat16 has 8 significant bits: 1 + 1/512 rounds to 1, so x·w + b = [4.5, 5.5].
    expect(values(await program.run({ x: Float32Array.of(1, 1) }))).toEqual([50.5]);
    const { w } = (await program.readState()) as Record<string, HostTensor>;
    expect(values(w)[0]).toBe(1 + 2 / 512);
    program.dispose();
  });

  test('refuses bf16 on engines without it', async () => {
    await expect(
      compile(() => ({ outputs: [] }), {
        state: {},
        inputs: {},
        engine: 'onnxruntime',
        precision: 'bf16',
      }),
    ).rejects.toThrow('jit: engine "onnxruntime" has no bf16 matrix products.');
  });

  test('refuses a second thread count in one process', async () => {
    await startTensorflow({ tensorflowFrom: TFJS_NODE });
    await expect(startTensorflow({ tensorflowFrom: TFJS_NODE, threads: 77 })).rejects.toThrow(
      /jit: TensorFlow runs with \d+ threads in this process: found 77\.\n/,
    );
  });

  test('works in a worker thread beside the main thread', async () => {
    const file = new URL('./worker.test-support.ts', import.meta.url).href;
    const worker = new Worker(
      `import('tsx/esm/api').then(({ register }) => (register(), import('${file}')));`,
      { eval: true, workerData: TFJS_NODE, execArgv: ['--conditions=@alectra/source'] },
    );
    const found = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(found).toEqual([1, 3, 6]);
  });
});
