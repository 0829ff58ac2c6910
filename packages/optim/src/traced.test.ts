// An update as one graph: the same numbers as op by op, and few full-size operations.

import { compile, type HostTensor } from '@alectra/jit';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { adamw } from './adamw.js';
import { globalNormScale } from './clip.js';
import { lamb } from './lamb.js';
import type { Optimizer, Tensors } from './optimizer.js';

tf.env().set('IS_TEST', true);

const SHAPES: Record<string, [number, number]> = { weight: [5, 3], bias: [1, 3] };

const wave = (size: number, phase: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + phase));
const host = ([rows, columns]: [number, number], phase: number): HostTensor => ({
  dtype: 'float32',
  shape: [rows, columns],
  data: wave(rows * columns, phase),
});
const zero = ([rows, columns]: [number, number]): HostTensor => ({
  dtype: 'float32',
  shape: [rows, columns],
  data: new Float32Array(rows * columns),
});

async function threeSteps(
  optimizer: Optimizer,
  engine: 'eager' | 'onnxruntime',
): Promise<number[]> {
  const names = Object.keys(SHAPES);
  const program = await compile(
    (state, inputs) => {
      const { params, moments } = state as Record<string, Record<string, tf.Tensor>>;
      const { gradients, learningRate, step } = inputs as unknown as {
        gradients: Tensors;
        learningRate: tf.Scalar;
        step: tf.Scalar;
      };
      const { scale, norm } = globalNormScale(gradients, 1);
      const next = optimizer.update(params, gradients, moments, {
        learningRate,
        step,
        gradientScale: scale,
      });
      return { state: { params: next.params, moments: next.state }, outputs: { norm } };
    },
    {
      engine,
      threads: 1,
      state: {
        params: Object.fromEntries(names.map((name) => [name, host(SHAPES[name], 1)])),
        moments: Object.fromEntries(
          names.flatMap((name) => [
            [`m.${name}`, zero(SHAPES[name])],
            [`v.${name}`, zero(SHAPES[name])],
          ]),
        ),
      },
      inputs: {
        gradients: Object.fromEntries(
          names.map((name) => [name, { shape: SHAPES[name], dtype: 'float32' as const }]),
        ),
        learningRate: { shape: [], dtype: 'float32' },
        step: { shape: [], dtype: 'int32' },
      },
    },
  );
  for (let step = 1; step <= 3; step++) {
    await program.run({
      gradients: Object.fromEntries(names.map((name) => [name, host(SHAPES[name], 2 * step)])),
      learningRate: 0.01 * step,
      step,
    });
  }
  const { params } = (await program.readState()) as { params: Record<string, HostTensor> };
  program.dispose();
  return names.flatMap((name) => [...params[name].data]);
}

describe.each<[string, Optimizer]>([
  ['adamw', adamw()],
  ['adamw with bias correction', adamw({ biasCorrection: true })],
  ['lamb', lamb()],
  ['lamb of google-albert', lamb({ flavour: 'google-albert' })],
])('%s', (_, optimizer) => {
  test('gives the same weights in one graph as op by op', async () => {
    const eager = await threeSteps(optimizer, 'eager');
    const graph = await threeSteps(optimizer, 'onnxruntime');
    // weights of size 1 after three updates: each may be rounded another way, 6e-8 and what the steps add
    expect(graph).toHaveLength(5 * 3 + 3);
    graph.forEach((x, i) => {
      expect(Math.abs(x - eager[i])).toBeLessThan(2e-6);
    });
  });
});

test.each<[string, Optimizer, number]>([
  ['adamw', adamw(), 14],
  ['adamw with bias correction', adamw({ biasCorrection: true }), 14],
  ['lamb', lamb(), 16],
])(
  '%s takes its budget of full-size operations, scaling of gradients included',
  async (_, optimizer, budget) => {
    const params = { weight: tf.ones([5, 3]) };
    const { kernels } = await tf.profile(
      () =>
        optimizer.update(params, { weight: tf.ones([5, 3]) }, optimizer.init(params), {
          learningRate: tf.scalar(1),
          step: tf.scalar(1),
          gradientScale: tf.scalar(1),
        }).params.weight,
    );
    const fullSize = kernels.filter(
      ({ name, outputShapes }) => name !== 'Identity' && String(outputShapes[0]) === '5,3',
    );
    expect(fullSize.map(({ name }) => name)).toHaveLength(budget);
  },
);
