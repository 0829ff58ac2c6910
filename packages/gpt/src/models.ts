// The classes, under Hugging Face's names, and as one family of `modelFromPretrained`.

import type { ModelFamily, ResolveOptions } from '@alectra/checkpoint';
import {
  type HiddenStateOutputs,
  type Model,
  type ModelClass,
  modelClass,
  type SequenceClassifierOutputs,
} from '@alectra/nn';
import type { GptConfig } from './config.js';
import {
  type CausalLMOutputs,
  gptLMHead,
  gptLogitsAt,
  gptModel,
  gptSequenceClassification,
} from './heads.js';
import { gptStorage } from './storage.js';

type GptClass<Outputs> = ModelClass<GptConfig, Outputs, ResolveOptions>;

/** The bare transformer. */
export const OpenAIGPTModel: GptClass<HiddenStateOutputs> = modelClass(gptModel, gptStorage);
export type OpenAIGPTModel = Model<GptConfig, HiddenStateOutputs>;

/** Language model. */
export const OpenAIGPTLMHeadModel: GptClass<CausalLMOutputs> & {
  readonly logitsAt: typeof gptLogitsAt;
} = { ...modelClass(gptLMHead, gptStorage), logitsAt: gptLogitsAt };
export type OpenAIGPTLMHeadModel = Model<GptConfig, CausalLMOutputs>;

/** A label, or with one label a number, for every sequence, from the state at its last token. */
export const OpenAIGPTForSequenceClassification: GptClass<SequenceClassifierOutputs> = modelClass(
  gptSequenceClassification,
  gptStorage,
);
export type OpenAIGPTForSequenceClassification = Model<GptConfig, SequenceClassifierOutputs>;

export interface GptHeads {
  readonly base: readonly [typeof OpenAIGPTModel];
  readonly 'causal-lm': readonly [typeof OpenAIGPTLMHeadModel];
  readonly 'sequence-classification': readonly [typeof OpenAIGPTForSequenceClassification];
}

/** Folders of `model_type` openai-gpt. */
export const gptModels: ModelFamily<GptHeads> = {
  modelType: 'openai-gpt',
  heads: {
    base: [OpenAIGPTModel],
    'causal-lm': [OpenAIGPTLMHeadModel],
    'sequence-classification': [OpenAIGPTForSequenceClassification],
  },
};
