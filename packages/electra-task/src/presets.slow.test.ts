// Parameter counts of the presets, from the models themselves.

import {
  albertConfigFromJson,
  albertMaskedLM,
  albertTokenClassifier,
  initAlbertForMaskedLM,
  initAlbertForTokenClassification,
} from '@alectra/albert';
import { expect, test } from '@jest/globals';
import { electraTask } from './electra-task.js';
import { electraPreset } from './presets.js';

test.each([
  ['alectra-small-owt', 5_633_468],
  ['alectra-as-coded', 9_557_180],
] as const)(
  '%s has %i parameters',
  (name, expected) => {
    const preset = electraPreset(name);
    const generatorConfig = albertConfigFromJson(preset.generator);
    const discriminatorConfig = albertConfigFromJson(preset.discriminator);
    const { params } = electraTask({
      generator: albertMaskedLM(generatorConfig),
      discriminator: albertTokenClassifier(discriminatorConfig),
      generatorWeights: initAlbertForMaskedLM(generatorConfig, 0),
      discriminatorWeights: initAlbertForTokenClassification(discriminatorConfig, 1),
      tokens: { vocabSize: 30522, mask: 103, neverMasked: [101, 102, 103] },
      settings: preset.settings,
    });
    expect(Object.values(params).reduce((sum, { data }) => sum + data.length, 0)).toBe(expected);
  },
  120_000,
);
