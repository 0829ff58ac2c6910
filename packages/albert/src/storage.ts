// ALBERT in Hugging Face model folders.

import { type ModelStorage, modelStorage } from '@alectra/checkpoint';
import { type AlbertConfig, albertConfigFromJson, albertConfigToJson } from './config.js';

export const albertStorage: ModelStorage<AlbertConfig> = modelStorage({
  fromJson: albertConfigFromJson,
  toJson: albertConfigToJson,
  // poolers that heads without one find in files written by the code of 2020
  unused: [/(^|\.)pooler\.(weight|bias)$/],
});
