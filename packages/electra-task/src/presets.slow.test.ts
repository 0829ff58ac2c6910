// The presets at full size: parameter counts from the models themselves, and the loss before the first step.

import {
  albertConfigFromJson,
  albertMaskedLM,
  albertTokenClassifier,
  initAlbertForMaskedLM,
  initAlbertForTokenClassification,
} from '@alectra/albert';
import { compile } from '@alectra/jit';
import { type HostTensor, type Params, registerKernels, type TokenBatch } from '@alectra/nn';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type ElectraTask, electraTask } from './electra-task.js';
import type { MetricName } from './metrics.js';
import { type ElectraPresetName, electraPreset } from './presets.js';
import { toyBatch } from './toy-models.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

// The two presets differ in nothing that first values depend on; drawing them takes longest.
const configs = (name: ElectraPresetName) => {
  const { generator, discriminator } = electraPreset(name);
  return {
    generator: albertConfigFromJson(generator),
    discriminator: albertConfigFromJson(discriminator),
  };
};
const small = configs('alectra-small-owt');
const generatorWeights = initAlbertForMaskedLM(small.generator, 0);
const discriminatorWeights = initAlbertForTokenClassification(small.discriminator, 1);

function taskOf(name: ElectraPresetName): ElectraTask<HostTensor> {
  const { generator, discriminator } = configs(name);
  return electraTask({
    generator: albertMaskedLM(generator),
    discriminator: albertTokenClassifier(discriminator),
    generatorWeights,
    discriminatorWeights,
    tokens: { vocabSize: 30522, mask: 4, neverMasked: [2, 3, 4] },
    settings: electraPreset(name).settings,
  });
}

test.each([
  ['alectra-small-owt', 5_633_468],
  ['alectra-as-coded', 9_557_180],
] as const)(
  '%s has %i parameters',
  (name, expected) => {
    const { params } = taskOf(name);
    expect(Object.values(params).reduce((sum, { data }) => sum + data.length, 0)).toBe(expected);
  },
  120_000,
);

test('alectra-small-owt starts at ln V + 50 ln 2 with an undecided discriminator', async () => {
  const task = taskOf('alectra-small-owt');
  const zero = { dtype: 'float32', shape: [2, 256], data: new Float32Array(512) } as const;
  const ids = { shape: [4, 128], dtype: 'int32' as const };
  const program = await compile(
    (state, inputs) => {
      const { loss, metrics } = task.loss(
        state as Params,
        inputs as unknown as TokenBatch, // the tree given below
        { training: false, key: { seed: tf.scalar(1, 'int32'), counter: tf.scalar(0, 'int32') } },
      );
      return { outputs: { loss, metrics } };
    },
    {
      engine: 'onnxruntime',
      state: { ...task.params, 'discriminator.classifier.weight': zero },
      inputs: { inputIds: ids, attentionMask: ids, tokenTypeIds: ids },
    },
  );
  const batch = toyBatch([128, 128, 100, 40], 128);
  const { loss, metrics } = (await program.run({
    inputIds: batch.inputIds.dataSync<'int32'>(),
    attentionMask: batch.attentionMask.dataSync<'int32'>(),
    tokenTypeIds: batch.tokenTypeIds.dataSync<'int32'>(),
  })) as unknown as { loss: HostTensor; metrics: Record<MetricName, HostTensor> };
  program.dispose();
  const generator = metrics.generatorLoss.data[0] / metrics.slots.data[0];
  expect(Math.abs(generator - Math.log(30522))).toBeLessThan(0.1);
  expect(loss.data[0]).toBeCloseTo(generator + 50 * Math.LN2, 3);
}, 120_000);
