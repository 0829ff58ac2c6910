// Recipes by name: the published ones as presets of @alectra/electra-task describe them, each with its source and what is
// unknown about the original, and one for minutes and megabytes.

import { albertConfigFromJson } from '@alectra/albert';
import { bertConfigFromJson, electraConfigFromJson } from '@alectra/bert';
import { type ElectraPresetName, electraPreset, type NetworkPreset } from '@alectra/electra-task';
import type { NetworkFields } from './families.js';
import type { RecipeInput } from './recipe.js';

/** A preset is a recipe without its text. */
export type Preset = Omit<RecipeInput, 'data'> & {
  readonly data?: Partial<RecipeInput['data']>;
};

/** What a published preset leaves to the one who runs it. */
interface Choices {
  readonly microSize: number;
  readonly builder: 'electra' | 'lmtuners';
}

function published(name: ElectraPresetName, { microSize, builder }: Choices): Preset {
  const { settings, optimizer, schedule, batchSize, sequenceLength, ...networks } =
    electraPreset(name);
  const { objective: _, ...task } = settings;
  const { maxGradientNorm = 0, excludeFromDecay, ...rates } = optimizer;
  const { totalSteps: steps, ...shape } = schedule;
  const generator = configOf(networks.generator);
  const discriminator = configOf(networks.discriminator);
  const { embeddingSize = generator.hiddenSize } = generator;
  return {
    data: { builder, sequenceLength },
    vocabulary: { size: generator.vocabSize },
    model: {
      family: networks.generator.model_type,
      embeddingSize,
      maxPositionEmbeddings: generator.maxPositionEmbeddings,
      typeVocabSize: generator.typeVocabSize,
      hiddenAct: generator.hiddenAct,
      hiddenDropoutProb: generator.hiddenDropoutProb,
      attentionProbsDropoutProb: generator.attentionProbsDropoutProb,
      layerNormEps: generator.layerNormEps,
      initializerRange: generator.initializerRange,
      ...(generator.tieWordEmbeddings === false && { tieWordEmbeddings: false }),
      ...(generator.attentionOutputDropout === 'attention' && {
        attentionOutputDropout: 'attention',
      }),
      ...(generator.predictionsLayerNormEps && {
        predictionsLayerNormEps: generator.predictionsLayerNormEps,
      }),
    },
    generator: sizesOf(generator),
    discriminator: sizesOf(discriminator),
    task,
    optimizer: { ...rates, maxGradientNorm, excludeFromDecay: [...excludeFromDecay] },
    schedule: { ...shape, steps },
    batch: { size: batchSize, microSize },
    intervals: { evaluateSteps: 5000, keepEverySteps: 50_000 },
    evaluation: { examples: 2048 },
  };
}

/** What a recipe reads of a network, whichever family it is of. */
type NetworkConfig = Omit<NetworkFields, FamilyField | 'padTokenId' | 'bosTokenId' | 'eosTokenId'> &
  Partial<Pick<NetworkFields, FamilyField>>;
type FamilyField = 'embeddingSize' | 'numHiddenGroups';

const READERS: Readonly<
  Record<NetworkPreset['model_type'], (network: NetworkPreset) => NetworkConfig>
> = {
  albert: albertConfigFromJson,
  bert: bertConfigFromJson,
  electra: electraConfigFromJson,
};

function configOf(network: NetworkPreset): NetworkConfig {
  return READERS[network.model_type](network);
}

function sizesOf({
  hiddenSize,
  numHiddenLayers,
  numHiddenGroups,
  numAttentionHeads,
  intermediateSize,
}: NetworkConfig): Preset['generator'] {
  return {
    ...{ hiddenSize, numHiddenLayers, numAttentionHeads, intermediateSize },
    ...(numHiddenGroups !== undefined && { numHiddenGroups }),
  };
}

/**
 * A model for three minutes on two cores and about 2.4 MB of text. `schedule.steps` and `warmupSteps` are set from
 * a measurement when the quickstart begins.
 */
const quickstart: Preset = {
  data: { builder: 'carry', sequenceLength: 64, heldOut: 0.05 },
  vocabulary: { size: 8192 },
  model: {
    embeddingSize: 64,
    maxPositionEmbeddings: 64,
    hiddenAct: 'gelu_new',
    // the text is met up to ten times in three minutes; held-out AUC was higher with dropout, see docs/log.md
    hiddenDropoutProb: 0.1,
    attentionProbsDropoutProb: 0.1,
    // 0.02 belongs to widths of several hundred: at 64 it lets next to no context through. The tables are narrower than the
    // layers, so that training begins near ln V, see docs/log.md
    initializerRange: 0.035,
    linearInitializerRange: 0.06,
  },
  // a quarter of the discriminator's width: a wider generator learns no faster, and its fakes are harder to find
  generator: {
    hiddenSize: 32,
    numHiddenLayers: 2,
    numAttentionHeads: 1,
    intermediateSize: 128,
  },
  discriminator: {
    hiddenSize: 128,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 512,
  },
  optimizer: { name: 'adamw', weightDecay: 0.01, maxGradientNorm: 1 },
  schedule: { shape: 'piecewise', peakLearningRate: 1.5e-3, warmupSteps: 100, steps: 1000 },
  batch: { size: 32, microSize: 32 },
  intervals: { logSteps: 10, checkpointSeconds: 60, keepLast: 2 },
  evaluation: { examples: 512 },
  engine: 'onnxruntime',
};

export const presets: Readonly<Record<string, Preset>> = {
  'alectra-small-owt': published('alectra-small-owt', { builder: 'lmtuners', microSize: 32 }),
  'alectra-as-coded': published('alectra-as-coded', { builder: 'lmtuners', microSize: 32 }),
  'google-small-owt': published('google-small-owt', { builder: 'electra', microSize: 32 }),
  'google-base': published('google-base', { builder: 'electra', microSize: 4 }),
  'electra-small-plus-plus': published('electra-small-plus-plus', {
    builder: 'electra',
    microSize: 8,
  }),
  'bert-small-17m': published('bert-small-17m', { builder: 'lmtuners', microSize: 32 }),
  quickstart,
};
