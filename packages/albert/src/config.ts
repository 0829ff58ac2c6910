// The configuration of ALBERT: Hugging Face's fields in camelCase, with its defaults, plus two of our own.

import {
  ACTIVATION,
  type ConfigFields,
  completeConfig,
  OBJECT,
  oneOf,
  POSITIVE,
  RATE,
  readConfigFields,
  SIZE,
  TOKEN_ID,
  writeConfigFields,
} from '@alectra/nn';

/** Which rate drops the attention's output: Hugging Face's 2020 code used the attention rate there. */
export type AttentionOutputDropout = 'hidden' | 'attention';

export type ProblemType =
  | 'regression'
  | 'single_label_classification'
  | 'multi_label_classification';

/** Sizes and rates of an ALBERT; plain JSON. */
export interface AlbertConfig {
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
  /** Outputs of a classification head; Hugging Face derives it from `id2label`. */
  readonly numLabels: number;
  readonly id2label?: Readonly<Record<string, string>>;
  readonly label2id?: Readonly<Record<string, number>>;
  readonly problemType?: ProblemType;
  /** Ours. 'hidden' is today's Hugging Face; 'attention' the code that trained `shoarora/alectra-small-owt`. */
  readonly attentionOutputDropout: AttentionOutputDropout;
  /** Ours. Epsilon of the LayerNorm in the masked-LM head, 1e-5 in Hugging Face's 2020 code; default `layerNormEps`. */
  readonly predictionsLayerNormEps?: number;
  /** Keys of config.json that this package does not use; written back unchanged. */
  readonly other?: Readonly<Record<string, unknown>>;
}

const FIELDS: ConfigFields = {
  vocabSize: { json: 'vocab_size', kind: SIZE, default: 30000 },
  embeddingSize: { json: 'embedding_size', kind: SIZE, default: 128 },
  hiddenSize: { json: 'hidden_size', kind: SIZE, default: 4096 },
  numHiddenLayers: { json: 'num_hidden_layers', kind: SIZE, default: 12 },
  numHiddenGroups: { json: 'num_hidden_groups', kind: SIZE, default: 1 },
  numAttentionHeads: { json: 'num_attention_heads', kind: SIZE, default: 64 },
  intermediateSize: { json: 'intermediate_size', kind: SIZE, default: 16384 },
  innerGroupNum: { json: 'inner_group_num', kind: SIZE, default: 1 },
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
  numLabels: { json: 'num_labels', kind: SIZE },
  id2label: { json: 'id2label', kind: OBJECT },
  label2id: { json: 'label2id', kind: OBJECT },
  problemType: {
    json: 'problem_type',
    kind: oneOf('regression', 'single_label_classification', 'multi_label_classification'),
  },
  attentionOutputDropout: {
    json: 'attention_output_dropout',
    kind: oneOf('hidden', 'attention'),
    default: 'hidden',
  },
  predictionsLayerNormEps: { json: 'predictions_layer_norm_eps', kind: POSITIVE },
  other: { json: '', kind: OBJECT },
};

/**
 * A complete config: absent fields have Hugging Face's defaults (ALBERT-xxlarge).
 *
 * @throws RangeError for unknown fields, values of the wrong kind and sizes that do not fit together
 */
export function albertConfig(values: Partial<AlbertConfig> = {}): AlbertConfig {
  const labels = values.id2label && Object.keys(values.id2label).length;
  const config = completeConfig('albert', FIELDS, { numLabels: labels ?? 2, ...values });
  // completeConfig has checked every field of the list above, which is the interface.
  return fitting(config as unknown as AlbertConfig);
}

/**
 * The config of a Hugging Face config.json. Keys that ALBERT does not have are kept in `other`.
 *
 * @throws TypeError and RangeError as `albertConfig`, also for another `model_type`
 */
export function albertConfigFromJson(json: unknown): AlbertConfig {
  const { other: _, ...fields } = FIELDS;
  const { values, rest } = readConfigFields('albert', fields, json);
  const { model_type: type, architectures: __, ...other } = rest;
  if (type !== undefined && type !== 'albert') {
    throw new RangeError(
      `albert: cannot read the config: 'model_type' is ${JSON.stringify(type)}, expected "albert".\n` +
        'Load the folder with the package of that model.',
    );
  }
  // As Hugging Face: the names count, and a bare num_labels only without them.
  if (values.id2label) delete values.numLabels;
  return albertConfig({ ...values, ...(Object.keys(other).length > 0 ? { other } : {}) });
}

/** The content of config.json; `architecture` is the class that it is saved for. */
export function albertConfigToJson(
  config: AlbertConfig,
  architecture = 'AlbertModel',
): Record<string, unknown> {
  const { other, numLabels, attentionOutputDropout, ...rest } = config;
  return {
    architectures: [architecture],
    model_type: 'albert',
    ...writeConfigFields(FIELDS, {
      ...rest,
      ...(attentionOutputDropout === 'hidden' ? {} : { attentionOutputDropout }),
      ...labelNames(config),
    }),
    ...other,
  };
}

/** Names of the labels, which is how Hugging Face stores their number; its default is two. */
function labelNames({ numLabels, id2label, label2id }: AlbertConfig): Partial<AlbertConfig> {
  if (!id2label && numLabels === 2) return {};
  const names =
    id2label ??
    Object.fromEntries(Array.from({ length: numLabels }, (_, i) => [String(i), `LABEL_${i}`]));
  const ids =
    label2id ?? Object.fromEntries(Object.entries(names).map(([id, name]) => [name, Number(id)]));
  return { id2label: names, label2id: ids };
}

function fitting(config: AlbertConfig): AlbertConfig {
  const { hiddenSize, numAttentionHeads, numLabels, id2label, padTokenId, vocabSize } = config;
  const refuse = (what: string, advice: string): never => {
    throw new RangeError(`albert: cannot use the config: ${what}.\n${advice}`);
  };
  if (hiddenSize % numAttentionHeads !== 0)
    refuse(
      `'hiddenSize' is ${hiddenSize}, expected a multiple of 'numAttentionHeads', ${numAttentionHeads}`,
      'Every head has the same width: change one of the two.',
    );
  if (id2label && Object.keys(id2label).length !== numLabels)
    refuse(
      `'numLabels' is ${numLabels}, expected the ${Object.keys(id2label).length} of 'id2label'`,
      'Leave numLabels out, or name every label.',
    );
  if (padTokenId >= vocabSize)
    refuse(
      `'padTokenId' is ${padTokenId}, expected an id below 'vocabSize', ${vocabSize}`,
      'Set it to the id of [PAD] in the vocabulary.',
    );
  return config;
}
