// GPT in Hugging Face model folders.

import { type ModelStorage, modelStorage } from '@alectra/checkpoint';
import { type GptConfig, gptConfigFromJson, gptConfigToJson } from './config.js';

export const gptStorage: ModelStorage<GptConfig> = modelStorage({
  fromJson: gptConfigFromJson,
  toJson: gptConfigToJson,
  // the released file is of the class with both heads, and stores the language model's twice
  unused: [/^multiple_choice_head\./, /^lm_head\.weight$/],
});
