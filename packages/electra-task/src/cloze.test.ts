import { registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { electraTask } from './electra-task.js';
import { lossAndGradientsOf } from './gradients.test-support.js';
import type { Generator } from './models.js';
import { completeSettings } from './settings.js';
import {
  onEngine,
  toyBatch,
  toyDiscriminator,
  toyDiscriminatorWeights,
  toyTokens,
} from './toy-models.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

/** A cloze model of one's own: the same distribution everywhere, ln of its weights. */
const unigram: Generator = {
  logitsAt: (params, _inputs, positions) => {
    const [B, K] = positions.shape;
    return tf.tile(tf.reshape(params.table, [1, 1, 40]), [B, K, 1]);
  },
};
const table = Float32Array.from({ length: 40 }, (_, id) => Math.log(id + 1));
const total = (40 * 41) / 2;

const task = electraTask({
  generator: unigram,
  discriminator: toyDiscriminator,
  generatorWeights: { table: { dtype: 'float32', shape: [40], data: table } },
  discriminatorWeights: toyDiscriminatorWeights,
  tokens: toyTokens,
  settings: {
    objective: 'electric',
    tie: {
      mode: 'share',
      word: false,
      position: false,
      segment: false,
      norm: false,
      projection: false,
      encoder: false,
    },
  },
});
const batch = () => toyBatch([16, 12, 5], 16);
const key = { seed: tf.scalar(5, 'int32'), counter: tf.scalar(1, 'int32') };
const value = (x: tf.Tensor | undefined): number => x?.dataSync()[0] ?? Number.NaN;

describe('the objective of Electric', () => {
  test('trains the generator on every maskable token of the unmasked text', () => {
    tf.tidy(() => {
      const { metrics, perToken } = task.loss(onEngine(task.params), batch(), {
        training: true,
        key,
      });
      const ids = batch().inputIds.dataSync();
      const words = [...ids].filter((id) => id >= 5);
      const expected = words.reduce((sum, id) => sum - Math.log((id + 1) / total), 0);
      expect(value(metrics.clozeTokens)).toBe(words.length);
      expect(value(metrics.clozeLoss)).toBeCloseTo(expected, 3);
      expect(perToken.maskedIds.dataSync()).toEqual(ids);
    });
  });

  test('labels what was written, even the truth', () => {
    tf.tidy(() => {
      const params = onEngine(task.params);
      const { perSlot } = task.loss(params, batch(), { training: true, key });
      const { metrics } = task.loss(params, batch(), {
        training: true,
        key,
        given: { ...perSlot, sampled: perSlot.targets },
      });
      expect(value(metrics.replaced)).toBe(2 + 2 + 1);
      expect(value(metrics.sampledCorrect)).toBe(2 + 2 + 1);
    });
  });

  test("adds ln q(token) + ln(p / (1 - p)) to the discriminator's logit", () => {
    tf.tidy(() => {
      const params = onEngine(task.params);
      const { perToken } = task.loss(params, batch(), { training: true, key });
      const read = { ...batch(), inputIds: perToken.corruptedIds };
      const pairs = toyDiscriminator.tokenLogits(task.discriminatorParams(params), read).dataSync();
      perToken.corruptedIds.dataSync().forEach((id, i) => {
        const own = pairs[2 * i + 1] - pairs[2 * i];
        const expected = own + Math.log((id + 1) / total) + Math.log(0.15 / 0.85);
        expect(perToken.logits.dataSync()[i]).toBeCloseTo(expected, 4);
      });
    });
  });

  test('reaches the generator by the cloze loss only', () => {
    tf.tidy(() => {
      const params = onEngine(task.params);
      const { result, gradients } = lossAndGradientsOf(task, params, batch(), {
        training: true,
        key,
      });
      const n = value(result.metrics.clozeTokens);
      const ids = [...batch().inputIds.dataSync()].filter((id) => id >= 5);
      // q - observed frequency
      gradients['generator.table'].dataSync().forEach((g, id) => {
        const frequency = ids.filter((x) => x === id).length / n;
        expect(g).toBeCloseTo((id + 1) / total - frequency, 5);
      });
    });
  });

  test('has no use for a uniform generator', () => {
    expect(() => completeSettings({ objective: 'electric', uniformGenerator: true })).toThrow(
      'electra-task: the setting "uniformGenerator" is true, expected false with the objective "electric"',
    );
  });
});
