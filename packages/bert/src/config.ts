// The configurations of BERT and ELECTRA: Hugging Face's fields in camelCase, with its defaults.

import {
  ACTIVATION,
  type ConfigFamily,
  type ConfigFields,
  checkEncoderSizes,
  configFamily,
  DEPTH,
  type FamilyConfig,
  POSITIVE,
  RATE,
  SIZE,
  TOKEN_ID,
} from '@alectra/nn';

/** Sizes and rates of a BERT; plain JSON. */
export interface BertConfig extends FamilyConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  /** A name of `activation` in `@alectra/nn`. */
  readonly hiddenAct: string;
  readonly hiddenDropoutProb: number;
  readonly attentionProbsDropoutProb: number;
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  /** Standard deviation of initial weights. */
  readonly initializerRange: number;
  readonly layerNormEps: number;
  readonly padTokenId: number;
  /** Before classification layers; absent: `hiddenDropoutProb`. */
  readonly classifierDropout?: number;
}

/** Sizes and rates of an ELECTRA network, generator or discriminator; plain JSON. */
export interface ElectraConfig extends BertConfig {
  /** Width of the tables; where it differs from `hiddenSize`, a linear map follows. */
  readonly embeddingSize: number;
}

const BERT_FIELDS: ConfigFields = {
  vocabSize: { json: 'vocab_size', kind: SIZE, default: 30522 },
  hiddenSize: { json: 'hidden_size', kind: SIZE, default: 768 },
  numHiddenLayers: { json: 'num_hidden_layers', kind: DEPTH, default: 12 },
  numAttentionHeads: { json: 'num_attention_heads', kind: SIZE, default: 12 },
  intermediateSize: { json: 'intermediate_size', kind: SIZE, default: 3072 },
  hiddenAct: { json: 'hidden_act', kind: ACTIVATION, default: 'gelu' },
  hiddenDropoutProb: { json: 'hidden_dropout_prob', kind: RATE, default: 0.1 },
  attentionProbsDropoutProb: { json: 'attention_probs_dropout_prob', kind: RATE, default: 0.1 },
  maxPositionEmbeddings: { json: 'max_position_embeddings', kind: SIZE, default: 512 },
  typeVocabSize: { json: 'type_vocab_size', kind: SIZE, default: 2 },
  initializerRange: { json: 'initializer_range', kind: POSITIVE, default: 0.02 },
  layerNormEps: { json: 'layer_norm_eps', kind: POSITIVE, default: 1e-12 },
  padTokenId: { json: 'pad_token_id', kind: TOKEN_ID, default: 0 },
  classifierDropout: { json: 'classifier_dropout', kind: RATE },
};

const ELECTRA_FIELDS: ConfigFields = {
  ...BERT_FIELDS,
  embeddingSize: { json: 'embedding_size', kind: SIZE, default: 128 },
  hiddenSize: { json: 'hidden_size', kind: SIZE, default: 256 },
  numAttentionHeads: { json: 'num_attention_heads', kind: SIZE, default: 4 },
  intermediateSize: { json: 'intermediate_size', kind: SIZE, default: 1024 },
};

const FIXED = {
  position_embedding_type: 'absolute',
  is_decoder: false,
  add_cross_attention: false,
} as const;

const bertFamily: ConfigFamily<BertConfig> = configFamily<BertConfig>({
  owner: 'bert',
  modelType: 'bert',
  architecture: 'BertModel',
  fields: BERT_FIELDS,
  fixed: FIXED,
  check: checkEncoderSizes,
});

const electraFamily: ConfigFamily<ElectraConfig> = configFamily<ElectraConfig>({
  owner: 'bert',
  modelType: 'electra',
  architecture: 'ElectraModel',
  fields: ELECTRA_FIELDS,
  fixed: FIXED,
  check: checkEncoderSizes,
});

/**
 * A complete config: absent fields have Hugging Face's defaults (BERT base).
 *
 * @throws RangeError for unknown fields, values of the wrong kind and sizes that do not fit together
 */
export function bertConfig(values: Partial<BertConfig> = {}): BertConfig {
  return bertFamily.complete(values);
}

/**
 * The config of a Hugging Face config.json of `model_type` bert. Keys that BERT does not have are kept in `other`.
 *
 * @throws TypeError and RangeError as `bertConfig`, also for another `model_type`
 */
export function bertConfigFromJson(json: unknown): BertConfig {
  return bertFamily.fromJson(json);
}

/** The content of config.json; `architecture` is the class that it is saved for. */
export function bertConfigToJson(
  config: BertConfig,
  architecture?: string,
): Record<string, unknown> {
  return bertFamily.toJson(config, architecture);
}

/**
 * A complete config: absent fields have Hugging Face's defaults (ELECTRA small).
 *
 * @throws RangeError for unknown fields, values of the wrong kind and sizes that do not fit together
 */
export function electraConfig(values: Partial<ElectraConfig> = {}): ElectraConfig {
  return electraFamily.complete(values);
}

/**
 * The config of a Hugging Face config.json of `model_type` electra. Other keys are kept in `other`.
 *
 * @throws TypeError and RangeError as `electraConfig`, also for another `model_type`
 */
export function electraConfigFromJson(json: unknown): ElectraConfig {
  return electraFamily.fromJson(json);
}

/** The content of config.json; `architecture` is the class that it is saved for. */
export function electraConfigToJson(
  config: ElectraConfig,
  architecture?: string,
): Record<string, unknown> {
  return electraFamily.toJson(config, architecture);
}
