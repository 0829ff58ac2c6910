export { type HubOptions, hubOptionsFromEnv } from '@alectra/checkpoint';
export type { HiddenStateOutputs as GptOutputs, SequenceClassifierOutputs } from '@alectra/nn';
export {
  type GptActivation,
  type GptConfig,
  gptConfig,
  gptConfigFromJson,
  gptConfigToJson,
} from './config.js';
export { decode } from './decoder.js';
export { type CausalLMOutputs, gptLogitsAt } from './heads.js';
export {
  type GptHeads,
  gptModels,
  OpenAIGPTForSequenceClassification,
  OpenAIGPTLMHeadModel,
  OpenAIGPTModel,
} from './models.js';
export { type GptPreset, gptPreset } from './presets.js';
export { type GptBatch, type GptEncodeOptions, OpenAIGPTTokenizer } from './tokenizer.js';
export type { TokenizerParts } from './tokenizer-json.js';
