// Known BERTs and ELECTRAs as data. Sizes: the released config files; the 17M pair: lmtuners' code.

import { type BertConfig, bertConfig, type ElectraConfig, electraConfig } from './config.js';

export type BertPreset = 'bert-base-uncased' | 'bert-small-owt' | 'bert-small-owt-generator';

const BERT_SMALL: Partial<BertConfig> = {
  hiddenSize: 256,
  numAttentionHeads: 4,
  intermediateSize: 1024,
  maxPositionEmbeddings: 128,
};

const BERT_VALUES: Readonly<Record<BertPreset, Partial<BertConfig>>> = {
  'bert-base-uncased': {},
  /** The 17M row of ALECTRA's model card. */
  'bert-small-owt': BERT_SMALL,
  /** Its generator: three layers, one head, narrow feed-forward. */
  'bert-small-owt-generator': {
    ...BERT_SMALL,
    numHiddenLayers: 3,
    numAttentionHeads: 1,
    intermediateSize: 256,
  },
};

export type ElectraPreset =
  | 'electra-small'
  | 'electra-small-generator'
  | 'electra-small-quarter-generator'
  | 'electra-base'
  | 'electra-base-generator'
  | 'electra-large'
  | 'electra-large-generator';

const BASE: Partial<ElectraConfig> = {
  embeddingSize: 768,
  hiddenSize: 768,
  numAttentionHeads: 12,
  intermediateSize: 3072,
};
const LARGE: Partial<ElectraConfig> = {
  embeddingSize: 1024,
  hiddenSize: 1024,
  numHiddenLayers: 24,
  numAttentionHeads: 16,
  intermediateSize: 4096,
};
const QUARTER: Partial<ElectraConfig> = {
  hiddenSize: 256,
  numAttentionHeads: 4,
  intermediateSize: 1024,
};

const ELECTRA_VALUES: Readonly<Record<ElectraPreset, Partial<ElectraConfig>>> = {
  /** ELECTRA-Small-OWT and ELECTRA-Small++ (`google/electra-small-discriminator`): trained otherwise, sized alike. */
  'electra-small': {},
  /** That of Small++, as released: as large as the discriminator. */
  'electra-small-generator': {},
  /** As in the paper and in Google's OpenWebText recipe: a quarter of the width. */
  'electra-small-quarter-generator': {
    hiddenSize: 64,
    numAttentionHeads: 1,
    intermediateSize: 256,
  },
  'electra-base': BASE,
  'electra-base-generator': { ...BASE, ...QUARTER },
  'electra-large': LARGE,
  'electra-large-generator': { ...LARGE, ...QUARTER },
};

/** Names of BERT's presets. */
export const BERT_PRESETS: readonly BertPreset[] = Object.keys(BERT_VALUES) as BertPreset[];

/** Names of ELECTRA's presets. */
export const ELECTRA_PRESETS: readonly ElectraPreset[] = Object.keys(
  ELECTRA_VALUES,
) as ElectraPreset[];

/** The BERT config of that name, with changes applied. */
export function bertPreset(name: BertPreset, changes: Partial<BertConfig> = {}): BertConfig {
  return bertConfig({ ...valuesOf(BERT_VALUES, name, 'bertConfig'), ...changes });
}

/** The ELECTRA config of that name, with changes applied. */
export function electraPreset(
  name: ElectraPreset,
  changes: Partial<ElectraConfig> = {},
): ElectraConfig {
  return electraConfig({ ...valuesOf(ELECTRA_VALUES, name, 'electraConfig'), ...changes });
}

function valuesOf<Name extends string, Values>(
  all: Readonly<Record<Name, Values>>,
  name: Name,
  make: string,
): Values {
  if (Object.hasOwn(all, name)) return all[name];
  throw new RangeError(
    `bert: no preset '${name}': expected one of ${Object.keys(all).join(', ')}.\n` +
      `Use ${make}({ ... }) for sizes of your own.`,
  );
}
