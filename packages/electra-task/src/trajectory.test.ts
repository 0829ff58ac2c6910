// Twenty whole train steps against PyTorch: task, shared weights, clip and optimizer together, in one graph.

import { compile, type HostTensor } from '@alectra/jit';
import { type Params, registerKernels } from '@alectra/nn';
import { adamw, globalNormScale, lamb, type Optimizer, type OptimizerState } from '@alectra/optim';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { MetricName } from './metrics.js';
import { fixture, shape, taskOf } from './reference-case.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const [B, S, K] = shape;

const [reference] = fixture.cases;

test.each<['adamw' | 'lamb', Optimizer, number, number]>([
  ['adamw', adamw(), 1, 1e-3],
  ['lamb', lamb(), Number.POSITIVE_INFINITY, 1e-2],
])(
  '%s keeps to the losses of PyTorch, step by step',
  async (name, optimizer, maxNorm, rate) => {
    const task = taskOf(reference);
    const int = (width: number) => ({ shape: [B, width], dtype: 'int32' as const });
    const float = { shape: [B, K], dtype: 'float32' as const };
    const zeros = Object.entries(task.params).flatMap(([parameter, { shape, data }]) =>
      ['m', 'v'].map((moment) => [
        `${moment}.${parameter}`,
        { dtype: 'float32' as const, shape, data: new Float32Array(data.length) },
      ]),
    );
    const program = await compile(
      (state, inputs) => {
        // the trees given below
        const { params, moments } = state as unknown as { params: Params; moments: OptimizerState };
        const x = inputs as Record<string, tf.Tensor2D>;
        const { result, gradients } = task.lossAndGradients(
          params,
          { inputIds: x.ids, attentionMask: x.attention, tokenTypeIds: x.segments },
          {
            training: false,
            given: {
              positions: x.positions,
              weights: x.weights,
              shown: x.shown,
              sampled: x.sampled,
            },
          },
        );
        const next = optimizer.update(params, gradients, moments, {
          learningRate: tf.scalar(rate),
          step: tf.scalar(1),
          ...(Number.isFinite(maxNorm)
            ? { gradientScale: globalNormScale(gradients, maxNorm).scale }
            : {}),
        });
        const { loss, metrics } = result;
        return { state: { params: next.params, moments: next.state }, outputs: { loss, metrics } };
      },
      {
        engine: 'onnxruntime',
        threads: 1,
        state: { params: task.params, moments: Object.fromEntries(zeros) },
        inputs: {
          ids: int(S),
          attention: int(S),
          segments: int(S),
          positions: int(K),
          sampled: int(K),
          weights: float,
          shown: float,
        },
      },
    );
    for (const [step, expected] of fixture.trajectories[name].entries()) {
      const { loss, metrics } = (await program.run(reference.batch)) as unknown as {
        loss: HostTensor;
        metrics: Record<MetricName, HostTensor>;
      };
      const mean = (sum: MetricName, count: MetricName): number =>
        metrics[sum].data[0] / metrics[count].data[0];
      const found = [
        loss.data[0],
        mean('generatorLoss', 'slots'),
        mean('discriminatorLoss', 'tokens'),
      ];
      const worst = Math.max(...found.map((x, i) => Math.abs(x / expected[i] - 1)));
      expect([step, worst < 3e-4]).toEqual([step, true]);
    }
    program.dispose();
  },
  60_000,
);
