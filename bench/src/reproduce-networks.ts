// The two networks and the task of a preset without dropout, as our stack builds them and as the reference is told.

import {
  AlbertForMaskedLM,
  AlbertForTokenClassification,
  albertConfigFromJson,
  albertMaskedLM,
  albertTokenClassifier,
} from '@alectra/albert';
import {
  ElectraForMaskedLM,
  ElectraForPreTraining,
  electraConfigFromJson,
  electraDiscriminator,
  electraGenerator,
} from '@alectra/bert';
import {
  type ElectraPreset,
  type ElectraTask,
  electraPreset,
  electraTask,
  type NetworkPreset,
  type TaskTokens,
} from '@alectra/electra-task';
import type { HostTensor } from '@alectra/nn';

export const PRESETS = ['alectra-small-owt', 'google-small-owt'] as const;
export type PresetName = (typeof PRESETS)[number];

/** How much of a preset: `small` is all of it at 8 x 128 tokens, `tiny` a model for tests. */
export const SIZES = {
  small: { rows: 8, length: 128, generator: {}, discriminator: {} },
  tiny: {
    rows: 4,
    length: 32,
    generator: {
      vocab_size: 1000,
      embedding_size: 16,
      hidden_size: 16,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      intermediate_size: 32,
    },
    discriminator: {
      vocab_size: 1000,
      embedding_size: 16,
      hidden_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      intermediate_size: 64,
    },
  },
} as const;
export type SizeName = keyof typeof SIZES;
export const SIZE_NAMES = Object.keys(SIZES) as SizeName[];

const NO_DROPOUT = {
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
  classifier_dropout_prob: 0,
};

export interface ReproducedTask {
  readonly preset: ElectraPreset;
  /** Hugging Face's config.json of each network, dropout 0. */
  readonly generator: NetworkPreset;
  readonly discriminator: NetworkPreset;
  readonly task: ElectraTask<HostTensor>;
}

/** config.json of both networks of a preset at a size. */
export function networkConfigs(
  name: PresetName,
  size: SizeName,
): Pick<ReproducedTask, 'generator' | 'discriminator'> {
  const { generator, discriminator } = electraPreset(name);
  return {
    generator: { ...generator, ...NO_DROPOUT, ...SIZES[size].generator },
    discriminator: { ...discriminator, ...NO_DROPOUT, ...SIZES[size].discriminator },
  };
}

/** The task with first weights drawn from `seed`. */
export function reproducedTask(
  name: PresetName,
  size: SizeName,
  tokens: Omit<TaskTokens, 'vocabSize'>,
  seed: number,
): ReproducedTask {
  const preset = electraPreset(name);
  const configs = networkConfigs(name, size);
  const networks = configs.generator.model_type === 'albert' ? alberts : electras;
  return {
    preset,
    ...configs,
    task: electraTask({
      ...networks(configs, seed),
      tokens: { ...tokens, vocabSize: Number(configs.generator.vocab_size) },
      settings: preset.settings,
    }),
  };
}

type Configs = Pick<ReproducedTask, 'generator' | 'discriminator'>;

function alberts(configs: Configs, seed: number) {
  const generator = albertConfigFromJson(configs.generator);
  const discriminator = albertConfigFromJson(configs.discriminator);
  return {
    generator: albertMaskedLM(generator),
    discriminator: albertTokenClassifier(discriminator),
    generatorWeights: AlbertForMaskedLM.initialTensors(generator, { seed }),
    discriminatorWeights: AlbertForTokenClassification.initialTensors(discriminator, {
      seed: seed + 1,
    }),
  };
}

function electras(configs: Configs, seed: number) {
  const generator = electraConfigFromJson(configs.generator);
  const discriminator = electraConfigFromJson(configs.discriminator);
  return {
    generator: electraGenerator(generator),
    discriminator: electraDiscriminator(discriminator),
    generatorWeights: ElectraForMaskedLM.initialTensors(generator, { seed }),
    discriminatorWeights: ElectraForPreTraining.initialTensors(discriminator, { seed: seed + 1 }),
  };
}

/** The one of `known` that an option names. */
export function oneOf<T extends string>(option: string, found: string, known: readonly T[]): T {
  const match = known.find((name) => name === found);
  if (match !== undefined) return match;
  throw new RangeError(
    `reproduce: --${option} is "${found}": expected one of ${known.join(', ')}.\nCorrect it and start again.`,
  );
}
