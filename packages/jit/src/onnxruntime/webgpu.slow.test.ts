import { layerNorm, randomUniform, registerGradients, registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor, type Provider } from '../index.js';
import { hasSoftwareVulkan, useSoftwareVulkan } from './software-vulkan.test-support.js';

tf.env().set('IS_TEST', true);

/** A software device compiles and runs every operator's program on the processor. */
const MINUTES = 300_000;

type State = { w: tf.Tensor2D; gain: tf.Tensor1D; shift: tf.Tensor1D; steps: tf.Scalar };
type Inputs = { x: tf.Tensor2D; ids: tf.Tensor1D };

/** A step with what GPUs lack on the way: transposed products, shifts, rounding, 64-bit indices, scatters. */
function learn(state: State, { x, ids }: Inputs) {
  const key = { seed: tf.scalar(3, 'int32'), counter: state.steps };
  const loss = (w: tf.Tensor2D, gain: tf.Tensor1D, shift: tf.Tensor1D): tf.Scalar => {
    const rows = tf.gather(x, ids);
    const y = layerNorm({ 'n.weight': gain, 'n.bias': shift }, 'n', tf.matMul(rows, w), 1e-6);
    const kept = tf.cast(tf.greater(randomUniform(key, 'keep', y.shape), 0.25), 'float32');
    return tf.mean(tf.square(tf.mul(tf.matMul(y, w, false, true), tf.mean(kept))));
  };
  const { value, grads } = tf.valueAndGrads(loss as (...x: tf.Tensor[]) => tf.Scalar)([
    state.w,
    state.gain,
    state.shift,
  ]);
  const next = (p: tf.Tensor, at: number): tf.Tensor => tf.sub(p, tf.mul(grads[at], 0.01));
  return {
    state: {
      w: next(state.w, 0),
      gain: next(state.gain, 1),
      shift: next(state.shift, 2),
      steps: tf.add(state.steps, tf.scalar(1, 'int32')),
    },
    outputs: { loss: value, best: tf.topk(x, 2).indices, rounded: tf.round(x) },
  };
}

const numbers = (size: number, scale = 1): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => scale * (((i * 37) % 23) / 11 - 1));
const leaf = (shape: number[], data: HostTensor['data']): HostTensor => ({
  dtype: data instanceof Int32Array ? 'int32' : 'float32',
  shape,
  data,
});
const learner = (provider: Provider) =>
  compile(learn, {
    state: {
      w: leaf([6, 4], numbers(24)),
      gain: leaf([4], Float32Array.of(1, 1, 1, 1)),
      shift: leaf([4], new Float32Array(4)),
      steps: leaf([], Int32Array.of(0)),
    },
    inputs: { x: { dtype: 'float32', shape: [5, 6] }, ids: { dtype: 'int32', shape: [8] } },
    engine: 'onnxruntime',
    provider,
  });
const batch = { x: numbers(30, 2.5), ids: Int32Array.of(0, 4, 4, 1, 0, 0, 2, 3) };

/** Arrays of a tree of host tensors, close to those of another. */
function expectClose(found: unknown, expected: unknown): void {
  const leaves = expected as Record<string, HostTensor>;
  for (const [name, { data }] of Object.entries(leaves)) {
    const close = Array.from(data, (value) => expect.closeTo(value, 4));
    expect([name, Array.from((found as Record<string, HostTensor>)[name].data)]).toEqual([
      name,
      close,
    ]);
  }
}

beforeAll(() => {
  useSoftwareVulkan();
  registerGradients();
  registerKernels('cpu');
});

if (!hasSoftwareVulkan) {
  test.skip('provider webgpu: no software Vulkan device (Debian package chromium)', () => {});
}
(hasSoftwareVulkan ? describe : describe.skip)('provider webgpu', () => {
  test(
    'computes what the processor computes, over state that stays on the device',
    async () => {
      const [gpu, cpu] = [await learner('webgpu'), await learner('cpu')];
      for (let step = 0; step < 3; step++) expectClose(await gpu.run(batch), await cpu.run(batch));
      expectClose(await gpu.readState(), await cpu.readState());
      gpu.dispose();
      cpu.dispose();
    },
    MINUTES,
  );

  test(
    'shares the state with other functions, and takes it back',
    async () => {
      const program = await learner('webgpu');
      const start = await program.readState();
      const sums = await program.compile((s: State) => ({ outputs: tf.sum(s.w) }), { inputs: {} });
      const before = await sums.run({});
      const first = await program.run(batch);
      expect(await sums.run({})).not.toEqual(before);
      await program.writeState(start);
      expect(await sums.run({})).toEqual(before);
      expect(await program.run(batch)).toEqual(first);
      sums.dispose();
      program.dispose();
    },
    MINUTES,
  );

  test(
    'refuses what would run on the processor',
    async () => {
      const sorted = compile(
        function strange(_: unknown, { x }: { x: tf.Tensor }) {
          return { outputs: tf.isNaN(x) };
        },
        {
          state: {},
          inputs: { x: { dtype: 'float32', shape: [4] } },
          engine: 'onnxruntime',
          provider: 'webgpu',
        },
      );
      await expect(sorted).rejects.toThrow(
        /^jit: "strange" cannot run on provider "webgpu" as a whole: /,
      );
    },
    MINUTES,
  );
});
