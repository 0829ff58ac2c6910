// Parameter counts of every preset, from the models' own lists of names and shapes; no values are drawn.
//
// Expected numbers: Hugging Face's classes counted in Python (4,810,170 and the like), joined by hand where presets share.

import {
  AlbertForMaskedLM,
  AlbertForTokenClassification,
  albertConfigFromJson,
} from '@alectra/albert';
import {
  BertForMaskedLM,
  BertForTokenClassification,
  bertConfigFromJson,
  ElectraForMaskedLM,
  ElectraForPreTraining,
  electraConfigFromJson,
} from '@alectra/bert';
import type { HostTensor, ParameterLayout } from '@alectra/nn';
import { expect, test } from '@jest/globals';
import { electraTask } from './electra-task.js';
import { type ElectraPresetName, electraPreset, type NetworkPreset } from './presets.js';
import { toyDiscriminator, toyGenerator } from './toy-models.test-support.js';
import type { Weights } from './tying.js';

const layouts: Readonly<
  Record<NetworkPreset['model_type'], readonly ((network: NetworkPreset) => ParameterLayout)[]>
> = {
  albert: [
    (network) => AlbertForMaskedLM.layout(albertConfigFromJson(network)),
    (network) => AlbertForTokenClassification.layout(albertConfigFromJson(network)),
  ],
  bert: [
    (network) => BertForMaskedLM.layout(bertConfigFromJson(network)),
    (network) => BertForTokenClassification.layout(bertConfigFromJson(network)),
  ],
  electra: [
    (network) => ElectraForMaskedLM.layout(electraConfigFromJson(network)),
    (network) => ElectraForPreTraining.layout(electraConfigFromJson(network)),
  ],
};

const empty = (layout: ParameterLayout | undefined): Weights<HostTensor> =>
  Object.fromEntries(
    Object.entries(layout ?? {}).map(([name, { shape }]) => [
      name,
      { dtype: 'float32', shape, data: new Float32Array() },
    ]),
  );
const count = (weights: Weights): number =>
  Object.values(weights).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

test.each<[ElectraPresetName, number, number, number]>([
  ['alectra-small-owt', 4_810_170, 4_747_010, 5_633_468],
  ['alectra-as-coded', 4_810_170, 4_747_010, 9_557_180],
  ['google-small-owt', 4_620_026, 13_549_057, 14_196_219],
  // embeddings 23,837,184, layers 12 x 7,087,872, head 591,361; generator's own 9,903,418
  ['google-base', 33_740_602, 109_483_009, 119_386_427],
  ['electra-small-plus-plus', 13_546_682, 13_549_057, 23_122_875],
  ['bert-small-17m', 16_945_210, 17_325_058, 34_270_268],
])('%s has %i and %i parameters, together %i', (name, ...expected) => {
  const preset = electraPreset(name);
  const [generator] = layouts[preset.generator.model_type];
  const [, discriminator] = layouts[preset.discriminator.model_type];
  const task = electraTask({
    ...{ generator: toyGenerator, discriminator: toyDiscriminator }, // not called
    generatorWeights: empty(generator?.(preset.generator)),
    discriminatorWeights: empty(discriminator?.(preset.discriminator)),
    tokens: { vocabSize: 30522, mask: 103, neverMasked: [101, 102, 103] },
    settings: preset.settings,
  });
  const { params } = task;
  expect(
    [task.generatorParams(params), task.discriminatorParams(params), params].map(count),
  ).toEqual(expected);
});
