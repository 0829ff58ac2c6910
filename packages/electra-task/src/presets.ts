// The recipes that published numbers belong to, as data: both networks, the task, optimizer, schedule, batch.
//
// Three different things are called "the ALECTRA recipe": what the model card says, what the README of lmtuners
// says, and what its code does. Each preset names its source and what nobody can know any more.
//
// Network configurations are Hugging Face's config.json (snake_case), whatever the family.

import type { HeadName } from './heads.js';
import { DEFAULT_SETTINGS, type ElectraSettings } from './settings.js';

export interface NetworkPreset {
  readonly model_type: 'albert' | 'bert' | 'electra';
  readonly [field: string]: string | number | boolean;
}

export interface ElectraPreset {
  readonly source: string;
  /** What cannot be found out about the original. */
  readonly unknown: readonly string[];
  /** Where the preset departs from the original on purpose. */
  readonly departures: readonly string[];
  readonly generator: NetworkPreset;
  readonly discriminator: NetworkPreset;
  readonly head: HeadName;
  readonly settings: ElectraSettings;
  readonly optimizer: {
    readonly name: 'adamw' | 'lamb';
    readonly flavour?: 'pytorch-lamb' | 'google-albert';
    readonly biasCorrection?: boolean;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
    /** Regular expressions of names without decay. */
    readonly excludeFromDecay: readonly string[];
    /** Left out: no clipping. */
    readonly maxGradientNorm?: number;
  };
  readonly schedule: {
    readonly shape: 'product' | 'piecewise';
    readonly peakLearningRate: number;
    readonly warmupSteps: number;
    readonly totalSteps: number;
  };
  /** Examples per optimizer step. */
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly text: string;
}

const SIZES = {
  vocab_size: 30522,
  type_vocab_size: 2,
  initializer_range: 0.02,
  layer_norm_eps: 1e-12,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  pad_token_id: 0,
};

const ALECTRA: NetworkPreset = {
  ...SIZES,
  model_type: 'albert',
  embedding_size: 128,
  hidden_size: 256,
  num_hidden_layers: 12,
  num_hidden_groups: 1,
  inner_group_num: 1,
  num_attention_heads: 4,
  intermediate_size: 1024,
  hidden_act: 'gelu_new',
  max_position_embeddings: 128,
  classifier_dropout_prob: 0.1,
};
const ALECTRA_GENERATOR: NetworkPreset = {
  ...ALECTRA,
  num_hidden_layers: 3,
  num_attention_heads: 1,
};

const ELECTRA_SMALL: NetworkPreset = {
  ...SIZES,
  model_type: 'electra',
  embedding_size: 128,
  hidden_size: 256,
  num_hidden_layers: 12,
  num_attention_heads: 4,
  intermediate_size: 1024,
  hidden_act: 'gelu',
  max_position_embeddings: 512,
};

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0.01 };
const GOOGLE_ADAMW = {
  ...ADAM,
  name: 'adamw',
  biasCorrection: false,
  excludeFromDecay: ['LayerNorm', 'layer_norm', 'bias'],
  maxGradientNorm: 1,
} as const;

const CARD = {
  optimizer: {
    ...ADAM,
    name: 'lamb',
    flavour: 'pytorch-lamb',
    excludeFromDecay: ['LayerNorm', 'layer_norm', 'bias'],
  },
  schedule: {
    shape: 'piecewise',
    peakLearningRate: 2e-3,
    warmupSteps: 40_000,
    totalSteps: 500_000,
  },
  batchSize: 512,
  sequenceLength: 128,
  text: 'OpenWebText; two lines of a file, cut at 64 tokens each, joined',
} as const;
const CARD_UNKNOWN = [
  'the hardware, and how a batch of 512 was reached: by accumulation the schedule of that time would have run too fast',
  'the exact text: at release the builder kept one token of the second line, fixed nine days later',
  'the random seed and the split, which followed the order of directory entries',
];
const SLOT_DEPARTURE =
  'a row has 32 slots: one full row in 1,300 draws more positions, and those stay unmasked';
/** As lmtuners calls it: each token by itself, always [MASK]. */
const LMTUNERS_MASKING = { maskSelection: 'bernoulli', maskTokenProbability: 1 } as const;
/** lmtuners' code copies the three tables into new parameters: equal at the start, apart afterwards. */
const COPIED = { ...DEFAULT_SETTINGS.tie, mode: 'copyAtInit', norm: false } as const;
const AS_CODED = { ...CARD.optimizer, excludeFromDecay: ['bias', 'LayerNorm\\.weight'] };

const GOOGLE_DEPARTURE =
  'positions are drawn without replacement, google-with-replacement repeats the original';

export type ElectraPresetName =
  | 'alectra-small-owt'
  | 'alectra-as-coded'
  | 'google-small-owt'
  | 'google-base'
  | 'electra-small-plus-plus'
  | 'bert-small-17m';

/** Presets by name. */
export const ELECTRA_PRESETS: Readonly<Record<ElectraPresetName, ElectraPreset>> = {
  'alectra-small-owt': {
    source: 'model card of shoarora/alectra-small-owt and README of lmtuners (2020)',
    unknown: [
      ...CARD_UNKNOWN,
      'whether the card means the LayerNorm of the embeddings to be shared: here it is, as in google-research/electra',
    ],
    departures: [
      'full_layer_layer_norm.weight is not decayed; the original list missed it',
      SLOT_DEPARTURE,
    ],
    ...CARD,
    generator: ALECTRA_GENERATOR,
    discriminator: ALECTRA,
    head: 'linear2',
    settings: { ...DEFAULT_SETTINGS, ...LMTUNERS_MASKING },
  },
  'alectra-as-coded': {
    source: 'code of lmtuners 0.1.0 (86f31ba) with transformers of March 2020 and pytorch-lamb',
    unknown: [
      ...CARD_UNKNOWN,
      'whether the flag tie_encoder was off, as the reported model needs: its default is on',
    ],
    departures: [
      'the padding between the two lines of the release-day builder is not repeated',
      SLOT_DEPARTURE,
    ],
    ...CARD,
    optimizer: AS_CODED,
    generator: {
      ...ALECTRA_GENERATOR,
      attention_output_dropout: 'attention',
      predictions_layer_norm_eps: 1e-5,
    },
    discriminator: { ...ALECTRA, attention_output_dropout: 'attention' },
    head: 'linear2',
    settings: { ...DEFAULT_SETTINGS, ...LMTUNERS_MASKING, tie: COPIED },
  },
  'google-small-owt': {
    source: 'OpenWebText quick start of google-research/electra (8a46635)',
    unknown: ['the random seed'],
    departures: [GOOGLE_DEPARTURE],
    generator: {
      ...ELECTRA_SMALL,
      hidden_size: 64,
      num_attention_heads: 1,
      intermediate_size: 256,
    },
    discriminator: ELECTRA_SMALL,
    head: 'denseGelu1',
    settings: DEFAULT_SETTINGS,
    optimizer: GOOGLE_ADAMW,
    schedule: {
      shape: 'product',
      peakLearningRate: 5e-4,
      warmupSteps: 10_000,
      totalSteps: 1_000_000,
    },
    batchSize: 128,
    sequenceLength: 128,
    text: 'OpenWebText; consecutive lines of a document, one tenth single segments',
  },
  'google-base': {
    source:
      'google-research/electra with the base sizes; steps and batch as in richarddwang/electra_pytorch',
    unknown: ['the random seed', 'the text of the public checkpoint, beyond its description'],
    departures: [GOOGLE_DEPARTURE],
    generator: {
      ...ELECTRA_SMALL,
      embedding_size: 768,
      hidden_size: 256,
      num_attention_heads: 4,
      intermediate_size: 1024,
    },
    discriminator: {
      ...ELECTRA_SMALL,
      embedding_size: 768,
      hidden_size: 768,
      num_attention_heads: 12,
      intermediate_size: 3072,
    },
    head: 'denseGelu1',
    settings: DEFAULT_SETTINGS,
    optimizer: GOOGLE_ADAMW,
    schedule: {
      shape: 'product',
      peakLearningRate: 2e-4,
      warmupSteps: 10_000,
      totalSteps: 766_000,
    },
    batchSize: 256,
    sequenceLength: 512,
    text: 'Wikipedia and books',
  },
  'electra-small-plus-plus': {
    source: 'google-research/electra, the public electra_small: README and issues 39, 44, 68',
    unknown: [
      'the random seed',
      'batch and learning rate, which are taken to be those of the small model',
    ],
    departures: [GOOGLE_DEPARTURE],
    generator: ELECTRA_SMALL, // as wide as the discriminator, unlike every other model of the paper
    discriminator: ELECTRA_SMALL,
    head: 'denseGelu1',
    settings: DEFAULT_SETTINGS,
    optimizer: GOOGLE_ADAMW,
    schedule: {
      shape: 'product',
      peakLearningRate: 5e-4,
      warmupSteps: 10_000,
      totalSteps: 4_000_000,
    },
    batchSize: 128,
    sequenceLength: 512,
    text: "XLNet's text",
  },
  'bert-small-17m': {
    source:
      'code of lmtuners 0.1.0 (86f31ba), its BERT pair: the row "ELECTRA-Small-OWT (ours) 17M" of the card',
    unknown: CARD_UNKNOWN,
    departures: [
      "the generator's output table is drawn anew; the original's began as a copy of its input table",
      SLOT_DEPARTURE,
    ],
    ...CARD,
    optimizer: AS_CODED,
    generator: {
      ...SIZES,
      model_type: 'bert',
      hidden_size: 256,
      num_hidden_layers: 3,
      num_attention_heads: 1,
      intermediate_size: 256,
      hidden_act: 'gelu',
      max_position_embeddings: 128,
      tie_word_embeddings: false,
    },
    discriminator: {
      ...SIZES,
      model_type: 'bert',
      hidden_size: 256,
      num_hidden_layers: 12,
      num_attention_heads: 4,
      intermediate_size: 1024,
      hidden_act: 'gelu',
      max_position_embeddings: 128,
    },
    head: 'linear2',
    settings: { ...DEFAULT_SETTINGS, ...LMTUNERS_MASKING, tie: COPIED },
  },
};

/**
 * The preset of that name.
 *
 * @throws RangeError for an unknown name
 */
export function electraPreset(name: ElectraPresetName): ElectraPreset {
  if (Object.hasOwn(ELECTRA_PRESETS, name)) return ELECTRA_PRESETS[name];
  throw new RangeError(
    `electra-task: no preset "${name}": expected one of ${Object.keys(ELECTRA_PRESETS).join(', ')}.\n` +
      'Use settings of your own, or one of these names.',
  );
}
