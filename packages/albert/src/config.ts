// The configuration of ALBERT: Hugging Face's fields in camelCase, with its defaults, plus two of our own.

import {
  ACTIVATION,
  type ConfigFamily,
  type ConfigFields,
  checkEncoderSizes,
  configFamily,
  DEPTH,
  type FamilyConfig,
  oneOf,
  POSITIVE,
  RATE,
  SIZE,
  TOKEN_ID,
} from '@alectra/nn';

/** Which rate drops the attention's output: Hugging Face's 2020 code used the attention rate there. */
export type AttentionOutputDropout = 'hidden' | 'attention';

/** Sizes and rates of an ALBERT; plain JSON. */
export interface AlbertConfig extends FamilyConfig {
  readonly vocabSize: number;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  /** Applications of a layer group, counted over all groups. */
  readonly numHiddenLayers: number;
  /** Sets of weights: 1 shares one set by all layers. */
  readonly numHiddenGroups: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  /** Layers inside a group. */
  readonly innerGroupNum: number;
  /** A name of `activation` in `@alectra/nn`. */
  readonly hiddenAct: string;
  readonly hiddenDropoutProb: number;
  readonly attentionProbsDropoutProb: number;
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  /** Standard deviation of initial weights. */
  readonly initializerRange: number;
  readonly layerNormEps: number;
  readonly classifierDropoutProb: number;
  readonly padTokenId: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  /** Ours. 'hidden' is today's Hugging Face; 'attention' the code that trained `shoarora/alectra-small-owt`. */
  readonly attentionOutputDropout: AttentionOutputDropout;
  /** Ours. Epsilon of the LayerNorm in the masked-LM head, 1e-5 in Hugging Face's 2020 code; default `layerNormEps`. */
  readonly predictionsLayerNormEps?: number;
}

const FIELDS: ConfigFields = {
  vocabSize: { json: 'vocab_size', kind: SIZE, default: 30000 },
  embeddingSize: { json: 'embedding_size', kind: SIZE, default: 128 },
  hiddenSize: { json: 'hidden_size', kind: SIZE, default: 4096 },
  numHiddenLayers: { json: 'num_hidden_layers', kind: DEPTH, default: 12 },
  numHiddenGroups: { json: 'num_hidden_groups', kind: DEPTH, default: 1 },
  numAttentionHeads: { json: 'num_attention_heads', kind: SIZE, default: 64 },
  intermediateSize: { json: 'intermediate_size', kind: SIZE, default: 16384 },
  innerGroupNum: { json: 'inner_group_num', kind: DEPTH, default: 1 },
  hiddenAct: { json: 'hidden_act', kind: ACTIVATION, default: 'gelu_new' },
  hiddenDropoutProb: { json: 'hidden_dropout_prob', kind: RATE, default: 0 },
  attentionProbsDropoutProb: { json: 'attention_probs_dropout_prob', kind: RATE, default: 0 },
  maxPositionEmbeddings: { json: 'max_position_embeddings', kind: SIZE, default: 512 },
  typeVocabSize: { json: 'type_vocab_size', kind: SIZE, default: 2 },
  initializerRange: { json: 'initializer_range', kind: POSITIVE, default: 0.02 },
  layerNormEps: { json: 'layer_norm_eps', kind: POSITIVE, default: 1e-12 },
  classifierDropoutProb: { json: 'classifier_dropout_prob', kind: RATE, default: 0.1 },
  padTokenId: { json: 'pad_token_id', kind: TOKEN_ID, default: 0 },
  bosTokenId: { json: 'bos_token_id', kind: TOKEN_ID, default: 2 },
  eosTokenId: { json: 'eos_token_id', kind: TOKEN_ID, default: 3 },
  attentionOutputDropout: {
    json: 'attention_output_dropout',
    kind: oneOf('hidden', 'attention'),
    default: 'hidden',
  },
  predictionsLayerNormEps: { json: 'predictions_layer_norm_eps', kind: POSITIVE },
};

const family: ConfigFamily<AlbertConfig> = configFamily<AlbertConfig>({
  owner: 'albert',
  modelType: 'albert',
  architecture: 'AlbertModel',
  fields: FIELDS,
  fixed: { position_embedding_type: 'absolute' },
  check: checkEncoderSizes,
});

/**
 * A complete config: absent fields have Hugging Face's defaults (ALBERT-xxlarge).
 *
 * @throws RangeError for unknown fields, values of the wrong kind and sizes that do not fit together
 */
export function albertConfig(values: Partial<AlbertConfig> = {}): AlbertConfig {
  return family.complete(values);
}

/**
 * The config of a Hugging Face config.json. Keys that ALBERT does not have are kept in `other`.
 *
 * @throws TypeError and RangeError as `albertConfig`, also for another `model_type`
 */
export function albertConfigFromJson(json: unknown): AlbertConfig {
  return family.fromJson(json);
}

/** The content of config.json; `architecture` is the class that it is saved for. */
export function albertConfigToJson(
  config: AlbertConfig,
  architecture?: string,
): Record<string, unknown> {
  const json = family.toJson(config, architecture);
  // Hugging Face knows no such key, so it is written only where it says something.
  if (config.attentionOutputDropout === 'hidden') delete json.attention_output_dropout;
  return json;
}
