// The config of one family of models: completed, read from config.json and written to it.
//
// Fields for labels and for tying are the same in every family. Hugging Face stores the number of labels as their names
// (`id2label`); keys that a family does not have are kept in `other` and written back.

import {
  BOOLEAN,
  type ConfigFields,
  completeConfig,
  OBJECT,
  oneOf,
  readConfigFields,
  SIZE,
  writeConfigFields,
} from './config-fields.js';

export type ProblemType =
  | 'regression'
  | 'single_label_classification'
  | 'multi_label_classification';

/** What every family has. */
export interface FamilyConfig {
  /** Outputs of a classification head; Hugging Face derives it from `id2label`. Default 2. */
  readonly numLabels: number;
  readonly id2label?: Readonly<Record<string, string>>;
  readonly label2id?: Readonly<Record<string, number>>;
  readonly problemType?: ProblemType;
  /** false gives a language model a last matrix of its own; absent or true: it is the word table. */
  readonly tieWordEmbeddings?: boolean;
  /** Keys of config.json that the package does not use; written back unchanged. */
  readonly other?: Readonly<Record<string, unknown>>;
}

const FAMILY_FIELDS: ConfigFields = {
  numLabels: { json: 'num_labels', kind: SIZE },
  id2label: { json: 'id2label', kind: OBJECT },
  label2id: { json: 'label2id', kind: OBJECT },
  problemType: {
    json: 'problem_type',
    kind: oneOf('regression', 'single_label_classification', 'multi_label_classification'),
  },
  tieWordEmbeddings: { json: 'tie_word_embeddings', kind: BOOLEAN },
};

export interface ConfigFamilyOptions<Config> {
  /** Package name, for messages. */
  readonly owner: string;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Class that a config is saved for by default. */
  readonly architecture: string;
  /** The fields of the family beside those of `FamilyConfig`. */
  readonly fields: ConfigFields;
  /** Keys of config.json that this code has one answer to: any other value would be a silently wrong model. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Says what does not fit together, by calling `refuse`. */
  readonly check: (config: Config, refuse: (what: string, advice: string) => never) => void;
}

export interface ConfigFamily<Config> {
  /** @throws RangeError for unknown fields, values of the wrong kind and sizes that do not fit together */
  complete(values: Partial<Config>): Config;
  /** @throws TypeError and RangeError as `complete`, also for another `model_type` */
  fromJson(json: unknown): Config;
  /** The content of config.json; `architecture` is the class that it is saved for. */
  toJson(config: Config, architecture?: string): Record<string, unknown>;
}

export function configFamily<Config extends FamilyConfig>(
  options: ConfigFamilyOptions<Config>,
): ConfigFamily<Config> {
  const { owner, modelType, check } = options;
  const stored = { ...options.fields, ...FAMILY_FIELDS };
  const known = { ...stored, other: { json: '', kind: OBJECT } };
  const refuse = (what: string, advice: string): never => {
    throw new RangeError(`${owner}: cannot use the config: ${what}.\n${advice}`);
  };

  const complete = (values: Partial<Config>): Config => {
    const labels = values.id2label && Object.keys(values.id2label).length;
    const filled = { numLabels: labels ?? 2, ...defined(values) };
    // completeConfig has checked every field of the list, which is the interface.
    const config = completeConfig(owner, known, filled) as unknown as Config;
    if (labels !== undefined && labels !== config.numLabels)
      refuse(
        `'numLabels' is ${config.numLabels}, expected the ${labels} of 'id2label'`,
        'Leave numLabels out, or name every label.',
      );
    check(config, refuse);
    return config;
  };

  return {
    complete,
    fromJson(json) {
      const { values, rest } = readConfigFields(owner, stored, json);
      const { model_type: type, architectures: _, ...other } = rest;
      if (type !== undefined && type !== modelType) {
        throw new RangeError(
          `${owner}: cannot read the config: 'model_type' is ${JSON.stringify(type)}, expected "${modelType}".\n` +
            'Load the folder with the package of that model.',
        );
      }
      for (const [key, value] of Object.entries(options.fixed ?? {})) {
        const found = other[key] ?? value;
        if (found === value) continue;
        refuse(
          `'${key}' is ${JSON.stringify(found)}, expected ${JSON.stringify(value)}`,
          'This package does not have that variant of the model.',
        );
      }
      // As Hugging Face: the names count, and a bare num_labels only without them.
      if (values.id2label) delete values.numLabels;
      if (Object.keys(other).length > 0) values.other = other;
      return complete(values as Partial<Config>); // checked field by field
    },
    toJson(config, architecture = options.architecture) {
      const { numLabels: _, other, ...rest } = config;
      const ours = {
        architectures: [architecture],
        model_type: modelType,
        ...writeConfigFields(stored, { ...rest, ...labelNames(config) }),
      };
      return { ...ours, ...other, ...ours }; // first in order, and not to be overwritten
    },
  };
}

/** Names of the labels; two unnamed ones are Hugging Face's default and left out. */
function labelNames({ numLabels, id2label, label2id }: FamilyConfig): Partial<FamilyConfig> {
  if (!id2label && numLabels === 2) return {};
  const names =
    id2label ??
    Object.fromEntries(Array.from({ length: numLabels }, (_, i) => [String(i), `LABEL_${i}`]));
  const ids =
    label2id ?? Object.fromEntries(Object.entries(names).map(([id, name]) => [name, Number(id)]));
  return { id2label: names, label2id: ids };
}

function defined(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The sizes of an encoder that have to fit together, for `check` of a family. */
export function checkEncoderSizes(
  config: {
    readonly hiddenSize: number;
    readonly numAttentionHeads: number;
    readonly padTokenId: number;
    readonly vocabSize: number;
  },
  refuse: (what: string, advice: string) => never,
): void {
  const { hiddenSize, numAttentionHeads, padTokenId, vocabSize } = config;
  if (hiddenSize % numAttentionHeads !== 0)
    refuse(
      `'hiddenSize' is ${hiddenSize}, expected a multiple of 'numAttentionHeads', ${numAttentionHeads}`,
      'Every head has the same width: change one of the two.',
    );
  if (padTokenId >= vocabSize)
    refuse(
      `'padTokenId' is ${padTokenId}, expected an id below 'vocabSize', ${vocabSize}`,
      'Set it to the id of [PAD] in the vocabulary.',
    );
}
