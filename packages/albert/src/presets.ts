// Known ALBERTs as data. Sizes: the released config files; ALECTRA's generator: the card and lmtuners' code.

import { type AlbertConfig, albertConfig } from './config.js';

const ALECTRA: Partial<AlbertConfig> = {
  vocabSize: 30522,
  hiddenSize: 256,
  numAttentionHeads: 4,
  intermediateSize: 1024,
  maxPositionEmbeddings: 128,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
};

const BASE: Partial<AlbertConfig> = {
  hiddenSize: 768,
  numAttentionHeads: 12,
  intermediateSize: 3072,
};
const LARGE: Partial<AlbertConfig> = {
  hiddenSize: 1024,
  numAttentionHeads: 16,
  intermediateSize: 4096,
  numHiddenLayers: 24,
};
const XLARGE: Partial<AlbertConfig> = {
  hiddenSize: 2048,
  numAttentionHeads: 16,
  intermediateSize: 8192,
  numHiddenLayers: 24,
};
const XXLARGE: Partial<AlbertConfig> = {
  hiddenSize: 4096,
  numAttentionHeads: 64,
  intermediateSize: 16384,
};

// The first release: exact GELU, and dropout in all but the largest. The second has neither.
const FIRST: Partial<AlbertConfig> = {
  hiddenAct: 'gelu',
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
};

export type AlbertPreset =
  | 'alectra-small'
  | 'alectra-small-generator'
  | 'albert-base-v1'
  | 'albert-large-v1'
  | 'albert-xlarge-v1'
  | 'albert-xxlarge-v1'
  | 'albert-base-v2'
  | 'albert-large-v2'
  | 'albert-xlarge-v2'
  | 'albert-xxlarge-v2';

const VALUES: Readonly<Record<AlbertPreset, Partial<AlbertConfig>>> = {
  /** `shoarora/alectra-small-owt`: the discriminator of the model card. */
  'alectra-small': ALECTRA,
  /** Its generator: three applications, one head of width 256. */
  'alectra-small-generator': { ...ALECTRA, numHiddenLayers: 3, numAttentionHeads: 1 },
  'albert-base-v1': { ...BASE, ...FIRST },
  'albert-large-v1': { ...LARGE, ...FIRST },
  'albert-xlarge-v1': { ...XLARGE, ...FIRST },
  'albert-xxlarge-v1': {
    ...XXLARGE,
    ...FIRST,
    hiddenDropoutProb: 0,
    attentionProbsDropoutProb: 0,
  },
  'albert-base-v2': BASE,
  'albert-large-v2': LARGE,
  'albert-xlarge-v2': XLARGE,
  'albert-xxlarge-v2': XXLARGE,
};

/** Names of all presets. */
export const ALBERT_PRESETS: readonly AlbertPreset[] = Object.keys(VALUES) as AlbertPreset[];

/** The config of that name, with changes applied. */
export function albertPreset(
  name: AlbertPreset,
  changes: Partial<AlbertConfig> = {},
): AlbertConfig {
  if (!Object.hasOwn(VALUES, name)) {
    throw new RangeError(
      `albert: no preset '${name}': expected one of ${ALBERT_PRESETS.join(', ')}.\n` +
        'Use albertConfig({ ... }) for sizes of your own.',
    );
  }
  return albertConfig({ ...VALUES[name], ...changes });
}
