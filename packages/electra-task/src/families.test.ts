// Generators and discriminators of three families, each with each: what they share, and that both losses train all of it.

import {
  AlbertForMaskedLM,
  AlbertForTokenClassification,
  albertConfig,
  albertMaskedLM,
  albertTokenClassifier,
} from '@alectra/albert';
import {
  BertForMaskedLM,
  BertForTokenClassification,
  bertConfig,
  bertDiscriminator,
  bertGenerator,
  ElectraForMaskedLM,
  ElectraForPreTraining,
  electraConfig,
  electraDiscriminator,
  electraGenerator,
} from '@alectra/bert';
import { type HostTensor, registerKernels } from '@alectra/nn';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { electraTask } from './electra-task.js';
import { lossAndGradientsOf } from './gradients.test-support.js';
import { onEngine, toyBatch, toyTokens } from './toy-models.test-support.js';
import type { Weights } from './tying.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const sizes = {
  vocabSize: toyTokens.vocabSize,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  intermediateSize: 12,
  maxPositionEmbeddings: 16,
};
const E = 8;
/** As wide as the tables, which BERT has to be. */
const narrow = { ...sizes, hiddenSize: E };
const [albert, bert, electra] = [
  albertConfig({ ...narrow, embeddingSize: E }),
  bertConfig(narrow),
  electraConfig({ ...narrow, embeddingSize: E }),
];
const seed = { seed: 1 };
const generators = {
  ALBERT: [albertMaskedLM(albert), AlbertForMaskedLM.initialTensors(albert, seed)],
  BERT: [bertGenerator(bert), BertForMaskedLM.initialTensors(bert, seed)],
  ELECTRA: [electraGenerator(electra), ElectraForMaskedLM.initialTensors(electra, seed)],
} as const;
const other = { seed: 2 };
const discriminators = {
  ALBERT: [
    albertTokenClassifier(albert),
    AlbertForTokenClassification.initialTensors(albert, other),
  ],
  BERT: [bertDiscriminator(bert), BertForTokenClassification.initialTensors(bert, other)],
  ELECTRA: [electraDiscriminator(electra), ElectraForPreTraining.initialTensors(electra, other)],
} as const;
const pairs = Object.keys(generators).flatMap((generator) =>
  Object.keys(discriminators).map((discriminator) => [generator, discriminator] as const),
) as [keyof typeof generators, keyof typeof discriminators][];

const values = (weights: Weights): number =>
  Object.values(weights).reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);
/** Word, position and segment table and their LayerNorm. */
const TABLES = E * (sizes.vocabSize + sizes.maxPositionEmbeddings + 2) + 2 * E;

test.each(pairs)('a generator of %s teaches a discriminator of %s', (first, second) => {
  const [generator, generatorWeights] = generators[first];
  const [discriminator, discriminatorWeights] = discriminators[second];
  const task = electraTask<HostTensor>({
    ...{ generator, discriminator, generatorWeights, discriminatorWeights, tokens: toyTokens },
  });
  expect(values(task.params)).toBe(
    values(generatorWeights) + values(discriminatorWeights) - TABLES,
  );
  tf.tidy(() => {
    const key = { seed: tf.scalar(5, 'int32'), counter: tf.scalar(0, 'int32') };
    const { result, gradients } = lossAndGradientsOf(
      task,
      onEngine(task.params),
      toyBatch([16, 12, 5, 3], 16),
      { training: true, key },
    );
    const { generatorLoss, slots, discriminatorLoss, tokens } = result.metrics;
    const mean = (sum?: tf.Scalar, count?: tf.Scalar): number =>
      Number(sum?.dataSync()[0]) / Number(count?.dataSync()[0]);
    // first weights are small: both networks begin undecided
    expect(mean(generatorLoss, slots)).toBeCloseTo(Math.log(sizes.vocabSize), 1);
    expect(mean(discriminatorLoss, tokens)).toBeCloseTo(Math.LN2, 1);
    for (const [name, gradient] of Object.entries(gradients)) {
      const largest = tf.max(tf.abs(gradient)).dataSync()[0];
      // attention does not feel a shift of all its keys
      if (name.endsWith('key.bias')) expect(largest).toBeLessThan(1e-4);
      else expect([name, largest > 0 && Number.isFinite(largest)]).toEqual([name, true]);
    }
  });
});
