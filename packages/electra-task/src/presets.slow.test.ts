// The presets at full size: parameter counts from the models themselves, and the loss before the first step.

import {
  albertConfigFromJson,
  albertMaskedLM,
  albertTokenClassifier,
  initAlbertForMaskedLM,
  initAlbertForTokenClassification,
} from '@alectra/albert';
import { type HostTensor, registerKernels } from '@alectra/nn';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type ElectraTask, electraTask } from './electra-task.js';
import { type ElectraPresetName, electraPreset } from './presets.js';
import { onEngine, toyBatch } from './toy-models.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

function taskOf(name: ElectraPresetName): ElectraTask<HostTensor> {
  const preset = electraPreset(name);
  const generatorConfig = albertConfigFromJson(preset.generator);
  const discriminatorConfig = albertConfigFromJson(preset.discriminator);
  return electraTask({
    generator: albertMaskedLM(generatorConfig),
    discriminator: albertTokenClassifier(discriminatorConfig),
    generatorWeights: initAlbertForMaskedLM(generatorConfig, 0),
    discriminatorWeights: initAlbertForTokenClassification(discriminatorConfig, 1),
    tokens: { vocabSize: 30522, mask: 4, neverMasked: [2, 3, 4] },
    settings: preset.settings,
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

test('alectra-small-owt starts at ln V + 50 ln 2 with an undecided discriminator', () => {
  tf.tidy(() => {
    const task = taskOf('alectra-small-owt');
    const params = {
      ...onEngine(task.params),
      'discriminator.classifier.weight': tf.zeros([2, 256]),
    };
    const { loss, metrics } = task.loss(params, toyBatch([32, 32, 20], 32), {
      training: false,
      key: { seed: tf.scalar(1, 'int32'), counter: tf.scalar(0, 'int32') },
    });
    const value = (x: tf.Tensor | undefined): number => x?.dataSync()[0] ?? Number.NaN;
    const generator = value(metrics.generatorLoss) / value(metrics.slots);
    expect(Math.abs(generator - Math.log(30522))).toBeLessThan(0.1);
    expect(value(loss)).toBeCloseTo(generator + 50 * Math.LN2, 3);
  });
}, 120_000);
