import type { HostTensor } from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import { electraTask } from './electra-task.js';
import { ELECTRA_PRESETS, type ElectraPresetName, electraPreset } from './presets.js';
import { completeSettings, DEFAULT_SETTINGS } from './settings.js';
import { toyDiscriminator, toyGenerator } from './toy-models.test-support.js';
import type { Tying, Weights } from './tying.js';

const names = Object.keys(ELECTRA_PRESETS) as ElectraPresetName[];

describe('every preset', () => {
  test.each(names)('%s is plain data with settings that can be', (name) => {
    const preset = electraPreset(name);
    expect(JSON.parse(JSON.stringify(preset))).toEqual(preset);
    expect(completeSettings(preset.settings)).toEqual(preset.settings);
    for (const network of [preset.generator, preset.discriminator]) {
      expect((network.hidden_size as number) % (network.num_attention_heads as number)).toBe(0);
      expect(network.max_position_embeddings).toBeGreaterThanOrEqual(preset.sequenceLength);
    }
    expect(preset.schedule.warmupSteps).toBeLessThan(preset.schedule.totalSteps);
    expect(preset.source).not.toBe('');
    expect(preset.unknown.length).toBeGreaterThan(0);
  });

  test('is found by name only', () => {
    expect(() => electraPreset('alectra-large' as ElectraPresetName)).toThrow(
      'electra-task: no preset "alectra-large": expected one of alectra-small-owt, alectra-as-coded',
    );
  });
});

test('the two ALECTRA presets differ where the card and the code do', () => {
  const card = electraPreset('alectra-small-owt');
  const code = electraPreset('alectra-as-coded');
  const decayed = (preset: typeof card, name: string) =>
    !preset.optimizer.excludeFromDecay.some((pattern) => new RegExp(pattern).test(name));
  const norm = 'albert.encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm.weight';
  expect([decayed(card, norm), decayed(code, norm)]).toEqual([false, true]);
  expect([card.settings.tie.mode, code.settings.tie.mode]).toEqual(['share', 'copyAtInit']);
  expect(card.optimizer.maxGradientNorm).toBeUndefined();
});

describe('the parameters of alectra-small-owt', () => {
  // shapes of electra.md 2.4; preset-parameters.test.ts takes them from the models
  const body = {
    'albert.embeddings.word_embeddings.weight': [30522, 128],
    'albert.embeddings.position_embeddings.weight': [128, 128],
    'albert.embeddings.token_type_embeddings.weight': [2, 128],
    'albert.embeddings.LayerNorm.weight': [128],
    'albert.embeddings.LayerNorm.bias': [128],
    'albert.encoder.embedding_hidden_mapping_in.weight': [256, 128],
    'albert.encoder.embedding_hidden_mapping_in.bias': [256],
    // the shared layer as one tensor
    'albert.encoder.albert_layer_groups.0.albert_layers.0.all': [789_760],
  };
  const generator = {
    ...body,
    'predictions.bias': [30522],
    'predictions.LayerNorm.weight': [128],
    'predictions.LayerNorm.bias': [128],
    'predictions.dense.weight': [128, 256],
    'predictions.dense.bias': [128],
  };
  const discriminator = { ...body, 'classifier.weight': [2, 256], 'classifier.bias': [2] };
  const weights = (shapes: Record<string, number[]>): Weights<HostTensor> =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { dtype: 'float32', shape, data: new Float32Array(0) },
      ]),
    );
  const count = (params: Weights): number =>
    Object.values(params).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

  const { settings } = electraPreset('alectra-small-owt');
  const counts = (tie: Partial<Tying>): number[] => {
    const task = electraTask({
      generator: toyGenerator,
      discriminator: toyDiscriminator,
      generatorWeights: weights(generator),
      discriminatorWeights: weights(discriminator),
      tokens: { vocabSize: 30522, mask: 103, neverMasked: [101, 102, 103] },
      settings: { ...settings, tie: { ...settings.tie, ...tie } },
    });
    const { params } = task;
    return [task.generatorParams(params), task.discriminatorParams(params), params].map(count);
  };

  test('are 4,810,170 and 4,747,010, together 5,633,468', () => {
    expect(counts({})).toEqual([4_810_170, 4_747_010, 5_633_468]);
  });

  test('are 9,557,180 where nothing is shared, as in alectra-as-coded', () => {
    expect(counts(electraPreset('alectra-as-coded').settings.tie)[2]).toBe(9_557_180);
  });

  test.each<[Partial<Tying>, number]>([
    [{ projection: true }, -33_024],
    [{ encoder: true }, -789_760],
    [{ norm: false }, 256],
  ])('with %j are %i more', (tie, difference) => {
    expect(counts(tie)[2]).toBe(5_633_468 + difference);
  });
});

test('presets of google-research use the default settings', () => {
  for (const name of ['google-small-owt', 'google-base', 'electra-small-plus-plus'] as const)
    expect(electraPreset(name).settings).toEqual(DEFAULT_SETTINGS);
});
