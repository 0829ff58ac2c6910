// The configuration of GPT: Hugging Face's fields in camelCase, with its defaults, which are the released model's.

import {
  type ConfigFamily,
  type ConfigFields,
  configFamily,
  DEPTH,
  type FamilyConfig,
  oneOf,
  POSITIVE,
  RATE,
  SIZE,
  TOKEN_ID,
} from '@alectra/nn';

/** Activations that Hugging Face's GPT knows; its `gelu` is the one by tanh. */
export type GptActivation = 'gelu' | 'relu' | 'silu' | 'swish';

/** Sizes and rates of a GPT; plain JSON. */
export interface GptConfig extends FamilyConfig {
  readonly vocabSize: number;
  /** Longest sequence. */
  readonly nPositions: number;
  /** Width of embeddings and layers; the feed-forward part is four times as wide. */
  readonly nEmbd: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly afn: GptActivation;
  /** After attention and feed-forward part. */
  readonly residPdrop: number;
  readonly embdPdrop: number;
  readonly attnPdrop: number;
  readonly layerNormEpsilon: number;
  /** Standard deviation of initial weights. */
  readonly initializerRange: number;
  /** Where a classifier finds the end of a text; absent (as released): by the attention mask. */
  readonly padTokenId?: number;
}

const FIELDS: ConfigFields = {
  vocabSize: { json: 'vocab_size', kind: SIZE, default: 40478 },
  nPositions: { json: 'n_positions', kind: SIZE, default: 512 },
  nEmbd: { json: 'n_embd', kind: SIZE, default: 768 },
  nLayer: { json: 'n_layer', kind: DEPTH, default: 12 },
  nHead: { json: 'n_head', kind: SIZE, default: 12 },
  afn: { json: 'afn', kind: oneOf('gelu', 'relu', 'silu', 'swish'), default: 'gelu' },
  residPdrop: { json: 'resid_pdrop', kind: RATE, default: 0.1 },
  embdPdrop: { json: 'embd_pdrop', kind: RATE, default: 0.1 },
  attnPdrop: { json: 'attn_pdrop', kind: RATE, default: 0.1 },
  layerNormEpsilon: { json: 'layer_norm_epsilon', kind: POSITIVE, default: 1e-5 },
  initializerRange: { json: 'initializer_range', kind: POSITIVE, default: 0.02 },
  padTokenId: { json: 'pad_token_id', kind: TOKEN_ID },
};

const family: ConfigFamily<GptConfig> = configFamily<GptConfig>({
  owner: 'gpt',
  modelType: 'openai-gpt',
  architecture: 'OpenAIGPTModel',
  fields: FIELDS,
  check({ nEmbd, nHead, padTokenId = 0, vocabSize }, refuse) {
    if (nEmbd % nHead !== 0)
      refuse(
        `'nEmbd' is ${nEmbd}, expected a multiple of 'nHead', ${nHead}`,
        'Every head has the same width: change one of the two.',
      );
    if (padTokenId >= vocabSize)
      refuse(
        `'padTokenId' is ${padTokenId}, expected an id below 'vocabSize', ${vocabSize}`,
        'Set it to the id of the padding token, or leave it out.',
      );
  },
});

/**
 * A complete config: absent fields have Hugging Face's defaults.
 *
 * @throws RangeError for unknown fields, values of the wrong kind and sizes that do not fit together
 */
export function gptConfig(values: Partial<GptConfig> = {}): GptConfig {
  return family.complete(values);
}

/**
 * The config of a Hugging Face config.json of `model_type` openai-gpt. Other keys are kept in `other`.
 *
 * @throws TypeError and RangeError as `gptConfig`, also for another `model_type`
 */
export function gptConfigFromJson(json: unknown): GptConfig {
  return family.fromJson(json);
}

/** The content of config.json; `architecture` is the class that it is saved for. */
export function gptConfigToJson(config: GptConfig, architecture?: string): Record<string, unknown> {
  return family.toJson(config, architecture);
}
