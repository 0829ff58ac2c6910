// The families of encoders that a recipe can train: for each, the generator and the discriminator as the task takes
// them, their first weights, and the classes of Hugging Face that they are saved as.

import {
  AlbertForMaskedLM,
  AlbertForTokenClassification,
  albertConfig,
  albertConfigToJson,
  encode as albertEncode,
  albertMaskedLM,
  albertTokenClassifier,
} from '@alectra/albert';
import {
  type BertConfig,
  BertForMaskedLM,
  BertForTokenClassification,
  bertConfig,
  bertConfigToJson,
  bertDiscriminator,
  encode as bertEncode,
  bertGenerator,
  type ElectraConfig,
  ElectraForMaskedLM,
  ElectraForPreTraining,
  electraConfig,
  electraConfigToJson,
  electraDiscriminator,
  electraGenerator,
} from '@alectra/bert';
import type { JsonObject } from '@alectra/checkpoint';
import type { Discriminator, Generator } from '@alectra/electra-task';
import type { HostTensors, InitOptions, Params, TokenBatch } from '@alectra/nn';
import type * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from './recipe.js';

/** Sizes, rates and special tokens of one network: fields that the families know by the same names. */
export interface NetworkFields {
  readonly vocabSize: number;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  /** Of albert only. */
  readonly numHiddenGroups: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  readonly hiddenAct: string;
  readonly hiddenDropoutProb: number;
  readonly attentionProbsDropoutProb: number;
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  readonly layerNormEps: number;
  readonly initializerRange: number;
  readonly padTokenId: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  /** Of a generator only. */
  readonly tieWordEmbeddings?: boolean | undefined;
  /** Of albert only. */
  readonly attentionOutputDropout?: 'hidden' | 'attention' | undefined;
  /** Of albert only. */
  readonly predictionsLayerNormEps?: number | undefined;
}

/** One network of a run. */
export interface Network<Role> {
  /** The pure functions; parameters are arguments. */
  readonly network: Role;
  readonly weights: HostTensors;
  /** config.json of the export. */
  readonly config: JsonObject;
}

/** Hidden states `[B S, H]` of the discriminator's encoder, without dropout; B batch, S sequence, H hidden. */
export type Encode = (params: Params, batch: TokenBatch) => tf.Tensor2D;

export interface DiscriminatorNetwork extends Network<Discriminator> {
  readonly encode: Encode;
}

export interface Family {
  /** Name in the model card. */
  readonly title: string;
  generator(fields: NetworkFields, init: InitOptions): Network<Generator>;
  discriminator(fields: NetworkFields, init: InitOptions): DiscriminatorNetwork;
}

/** What a head of two labels calls them. */
const LABELS = {
  id2label: { 0: 'ORIGINAL', 1: 'REPLACED' },
  label2id: { ORIGINAL: 0, REPLACED: 1 },
};

/** One layer applied again and again, or groups of them; the discriminator has two labels. */
const albert: Family = {
  title: 'ALBERT',
  generator(fields, init) {
    const config = albertConfig({ ...fields, classifierDropoutProb: fields.hiddenDropoutProb });
    return {
      network: albertMaskedLM(config),
      weights: AlbertForMaskedLM.initialTensors(config, init),
      config: albertConfigToJson(config, AlbertForMaskedLM.architecture),
    };
  },
  discriminator(fields, init) {
    const config = albertConfig({
      ...fields,
      classifierDropoutProb: fields.hiddenDropoutProb,
      ...LABELS,
    });
    return {
      network: albertTokenClassifier(config),
      encode: (params, batch) => albertEncode(params, config, 'albert.', batch),
      weights: AlbertForTokenClassification.initialTensors(config, init),
      config: albertConfigToJson(config, AlbertForTokenClassification.architecture),
    };
  },
};

/** A layer each, as wide as the tables; the discriminator has two labels. */
const bert: Family = {
  title: 'BERT',
  generator(fields, init) {
    const config = bertConfigOf(fields);
    return {
      network: bertGenerator(config),
      weights: BertForMaskedLM.initialTensors(config, init),
      config: bertConfigToJson(config, BertForMaskedLM.architecture),
    };
  },
  discriminator(fields, init) {
    const config = bertConfig({ ...bertConfigOf(fields), ...LABELS });
    return {
      network: bertDiscriminator(config),
      encode: (params, batch) => bertEncode(params, config, 'bert.', batch),
      weights: BertForTokenClassification.initialTensors(config, init),
      config: bertConfigToJson(config, BertForTokenClassification.architecture),
    };
  },
};

/** A layer each; the discriminator has a dense layer and one logit, as google-research/electra. */
const electra: Family = {
  title: 'ELECTRA',
  generator(fields, init) {
    const config = electraConfigOf(fields);
    return {
      network: electraGenerator(config),
      weights: ElectraForMaskedLM.initialTensors(config, init),
      config: electraConfigToJson(config, ElectraForMaskedLM.architecture),
    };
  },
  discriminator(fields, init) {
    const config = electraConfigOf(fields);
    return {
      network: electraDiscriminator(config),
      encode: (params, batch) => bertEncode(params, config, 'electra.', batch),
      weights: ElectraForPreTraining.initialTensors(config, init),
      config: electraConfigToJson(config, ElectraForPreTraining.architecture),
    };
  },
};

function bertConfigOf(fields: NetworkFields): BertConfig {
  const { embeddingSize: _, ...shared } = withoutAlberts(fields);
  return bertConfig(shared);
}

function electraConfigOf(fields: NetworkFields): ElectraConfig {
  return electraConfig(withoutAlberts(fields));
}

/** The fields that a family with a layer each knows; the recipe has refused others. */
function withoutAlberts({
  numHiddenGroups: _groups,
  bosTokenId: _bos,
  eosTokenId: _eos,
  attentionOutputDropout: _dropout,
  predictionsLayerNormEps: _epsilon,
  ...shared
}: NetworkFields) {
  return shared;
}

export const families: Readonly<Record<Recipe['model']['family'], Family>> = {
  albert,
  bert,
  electra,
};
