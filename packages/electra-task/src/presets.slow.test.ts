// A preset at full size: the loss before the first step.

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
import { electraTask } from './electra-task.js';
import type { MetricName } from './metrics.js';
import { electraPreset } from './presets.js';
import { toyBatch } from './toy-models.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const preset = electraPreset('alectra-small-owt');
const generator = albertConfigFromJson(preset.generator);
const discriminator = albertConfigFromJson(preset.discriminator);

test('alectra-small-owt starts at ln V + 50 ln 2 with an undecided discriminator', async () => {
  const task = electraTask<HostTensor>({
    generator: albertMaskedLM(generator),
    discriminator: albertTokenClassifier(discriminator),
    generatorWeights: initAlbertForMaskedLM(generator, 0),
    discriminatorWeights: initAlbertForTokenClassification(discriminator, 1),
    tokens: { vocabSize: 30522, mask: 4, neverMasked: [2, 3, 4] },
    settings: preset.settings,
  });
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
  const generatorLoss = metrics.generatorLoss.data[0] / metrics.slots.data[0];
  expect(Math.abs(generatorLoss - Math.log(30522))).toBeLessThan(0.1);
  expect(loss.data[0]).toBeCloseTo(generatorLoss + 50 * Math.LN2, 3);
}, 120_000);
