// Recipes by name. Figures are from reference implementations; each preset says what is unknown about its
// original.

import type { RecipeInput } from './recipe.js';

/** A preset is a recipe without its text. */
export type Preset = Omit<RecipeInput, 'data'> & {
  readonly data?: Partial<RecipeInput['data']>;
};

/**
 * The ALECTRA model card of 2020 (shoarora/alectra-small-owt): ALBERT for both networks, LAMB without clipping,
 * batch 512, 500,000 steps, 40,000 of them warm-up, peak 2e-3.
 *
 * Unknown of the original: which hardware, how batch 512 was reached (with accumulation its schedule would have
 * run too fast), whether the tables stayed tied (the code only copied them once), the exact text.
 */
const alectraSmallOwt: Preset = {
  data: { builder: 'lmtuners', sequenceLength: 128 },
  vocabulary: { size: 30522 },
  model: { embeddingSize: 128, maxPositionEmbeddings: 128, hiddenAct: 'gelu_new' },
  generator: {
    hiddenSize: 256,
    numHiddenLayers: 3,
    numAttentionHeads: 1,
    intermediateSize: 1024,
  },
  discriminator: {
    hiddenSize: 256,
    numHiddenLayers: 12,
    numAttentionHeads: 4,
    intermediateSize: 1024,
  },
  task: {
    maskSelection: 'bernoulli',
    maskTokenProbability: 1,
  },
  optimizer: { name: 'lamb', weightDecay: 0.01, maxGradientNorm: 0 },
  schedule: { shape: 'piecewise', peakLearningRate: 2e-3, warmupSteps: 40_000, steps: 500_000 },
  batch: { size: 512, microSize: 32 },
  intervals: { evaluateSteps: 5000, keepEverySteps: 50_000 },
  evaluation: { examples: 2048 },
};

/**
 * google-research/electra, the small model of its OpenWebText quick start: 12 x 256 with a layer each, generator a
 * quarter as wide, AdamW without bias correction, batch 128, a million steps.
 *
 * Differs from the original in the split of text into sentences and in the random numbers.
 */
const googleSmallOwt: Preset = {
  data: { builder: 'electra', sequenceLength: 128 },
  vocabulary: { size: 30522 },
  model: {
    family: 'electra',
    embeddingSize: 128,
    maxPositionEmbeddings: 512,
    hiddenAct: 'gelu',
  },
  generator: {
    hiddenSize: 64,
    numHiddenLayers: 12,
    numAttentionHeads: 1,
    intermediateSize: 256,
  },
  discriminator: {
    hiddenSize: 256,
    numHiddenLayers: 12,
    numAttentionHeads: 4,
    intermediateSize: 1024,
  },
  task: { maskSelection: 'fixedK', maskTokenProbability: 0.85 },
  optimizer: { name: 'adamw', weightDecay: 0.01, maxGradientNorm: 1 },
  schedule: { shape: 'product', peakLearningRate: 5e-4, warmupSteps: 10_000, steps: 1_000_000 },
  batch: { size: 128, microSize: 32 },
  intervals: { evaluateSteps: 5000, keepEverySteps: 50_000 },
  evaluation: { examples: 2048 },
};

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
  'alectra-small-owt': alectraSmallOwt,
  'google-small-owt': googleSmallOwt,
  quickstart,
};
