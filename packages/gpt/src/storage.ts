// GPT in Hugging Face model folders.

import { type ModelStorage, modelStorage } from '@alectra/checkpoint';
import { type GptConfig, gptConfigFromJson, gptConfigToJson } from './config.js';

export const gptStorage: ModelStorage<GptConfig> = modelStorage({
  fromJson: gptConfigFromJson,
  toJson: gptConfigToJson,
});
