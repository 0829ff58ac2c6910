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
import { describe, expect, test } from '@jest/globals';
import { electraTask } from './electra-task.js';
import {
  type ElectraPreset,
  type ElectraPresetName,
  electraPreset,
  type NetworkPreset,
} from './presets.js';
import { DEFAULT_SETTINGS } from './settings.js';
import { toyDiscriminator, toyGenerator } from './toy-models.test-support.js';
import type { Tying, Weights } from './tying.js';

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

/** Parameters of generator, discriminator and both together. */
function counts(
  networks: Pick<ElectraPreset, 'generator' | 'discriminator'>,
  settings: ElectraPreset['settings'],
): number[] {
  const [generator] = layouts[networks.generator.model_type];
  const [, discriminator] = layouts[networks.discriminator.model_type];
  const task = electraTask({
    ...{ generator: toyGenerator, discriminator: toyDiscriminator }, // not called
    generatorWeights: empty(generator?.(networks.generator)),
    discriminatorWeights: empty(discriminator?.(networks.discriminator)),
    tokens: { vocabSize: 30522, mask: 103, neverMasked: [101, 102, 103] },
    settings,
  });
  const { params } = task;
  return [task.generatorParams(params), task.discriminatorParams(params), params].map(count);
}

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
  expect(counts(preset, preset.settings)).toEqual(expected);
});

// Section 1.4 of the reference: who ties what. Sums by hand: the tables 3,906,816 + 65,536 or 16,384 + 256, their
// LayerNorm 256, the map to the layers 33,024, ALBERT's layer 789,760.
describe('what others tie', () => {
  const google = electraPreset('google-small-owt');
  const card = electraPreset('alectra-small-owt');
  const untied = { ...google.generator, tie_word_embeddings: false };
  const none = { position: false, segment: false, norm: false };
  const copied = { mode: 'copyAtInit', norm: false } as const;

  test.each<[string, Pick<ElectraPreset, 'generator' | 'discriminator'>, Partial<Tying>, number]>([
    ['google-research/electra and electra_pytorch of richarddwang', google, {}, 14_196_219],
    [
      'electra-pytorch of lucidrains: norms apart, an output table that nothing ties',
      { ...google, generator: untied },
      { norm: false },
      14_196_219 + 256 + 3_906_816,
    ],
    ['the README of lmtuners', card, { norm: false }, 5_633_468 + 256],
    ['the code of lmtuners, encoders apart', card, copied, 9_557_180],
    [
      'the code of lmtuners by default: tables copied, the encoder shared',
      card,
      { ...copied, encoder: 'share' },
      9_557_180 - 789_760,
    ],
    [
      'the same with its flag for the projection',
      card,
      { ...copied, encoder: 'share', projection: 'share' },
      9_557_180 - 789_760 - 33_024,
    ],
    ['pull request 4656 of transformers', google, none, 14_196_219 + 65_536 + 256 + 256],
  ])('%s', (_, networks, tie, together) => {
    const settings = { ...DEFAULT_SETTINGS, tie: { ...DEFAULT_SETTINGS.tie, ...tie } };
    expect(counts(networks, settings)[2]).toBe(together);
  });
});
