// The task with ALBERT models against PyTorch on the same weights, masks and samples, on every engine.

import { compile, type HostTensor } from '@alectra/jit';
import { type Params, registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { HeadName } from './heads.js';
import type { MetricName } from './metrics.js';
import { type Case, fixture, shape, taskOf } from './reference-case.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const [B, S, K] = shape;

const worst = (found: ArrayLike<number>, expected: readonly number[]): number =>
  expected.reduce((most, x, i) => Math.max(most, Math.abs(found[i] - x)), 0);

describe.each(fixture.cases.map((c): [HeadName, Case] => [c.head, c]))('the %s head', (_, c) => {
  test.each(['eager', 'onnxruntime'] as const)(
    'has the losses, metrics and gradients of PyTorch on %s',
    async (engine) => {
      const task = taskOf(c);
      const int = (width: number) => ({ shape: [B, width], dtype: 'int32' as const });
      const float = { shape: [B, K], dtype: 'float32' as const };
      const program = await compile(
        (state, given) => {
          const params = state as Params;
          const x = given as Record<string, tf.Tensor2D>;
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
          const { loss, metrics, perToken } = result;
          return {
            outputs: { loss, metrics, gradients, score: perToken.logits, labels: perToken.labels },
          };
        },
        {
          engine,
          threads: 1,
          state: task.params,
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
      const outputs = (await program.run(c.batch)) as unknown as Record<string, HostTensor> & {
        metrics: Record<MetricName, HostTensor>;
        gradients: Record<string, HostTensor>;
      };
      program.dispose();
      const { metrics } = outputs;
      const sum = (name: MetricName): number => metrics[name].data[0];

      expect(Math.abs(outputs.loss.data[0] / c.total - 1)).toBeLessThan(1e-4);
      expect(Math.abs(sum('generatorLoss') / sum('slots') / c.generatorLoss - 1)).toBeLessThan(
        1e-4,
      );
      expect(
        Math.abs(sum('discriminatorLoss') / sum('tokens') / c.discriminatorLoss - 1),
      ).toBeLessThan(1e-4);
      expect(Math.abs(sum('discriminatorExampleLoss') / c.exampleLoss - 1)).toBeLessThan(1e-4);
      expect([sum('slots'), sum('tokens'), sum('examples')]).toEqual([4, 24, 3]);
      for (const name of [
        'generatorCorrect',
        'sampledCorrect',
        'replaced',
        'calledReplaced',
        'truePositives',
      ] as const)
        expect([name, sum(name)]).toEqual([name, c[name]]);
      expect([...outputs.labels.data]).toEqual(c.labels);
      expect(worst(outputs.score.data, c.score)).toBeLessThan(1e-4);

      const expected = Object.entries(c.generatorGradients).map(
        ([n, g]) => [`generator.${n}`, g] as const,
      );
      const own = Object.entries(c.discriminatorGradients).map(
        ([n, g]) => [`discriminator.${n}`, g] as const,
      );
      let compared = 0;
      for (const [name, g] of [...expected, ...own]) {
        if (!(name in outputs.gradients)) continue; // shared: under the generator's name
        compared++;
        const largest = Math.max(...g.map(Math.abs));
        expect([
          name,
          worst(outputs.gradients[name].data, g) < 1e-4 * Math.max(1, largest),
        ]).toEqual([name, true]);
      }
      expect(compared).toBe(Object.keys(task.params).length);
    },
    60_000,
  );
});
