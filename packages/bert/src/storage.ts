// BERT and ELECTRA in Hugging Face model folders.

import { type ModelStorage, modelStorage } from '@alectra/checkpoint';
import {
  type BertConfig,
  bertConfigFromJson,
  bertConfigToJson,
  type ElectraConfig,
  electraConfigFromJson,
  electraConfigToJson,
} from './config.js';

/** Poolers of the pretraining classes, which files hold and other classes do not use. */
const unused: readonly RegExp[] = [/(^|\.)pooler\.dense\.(weight|bias)$/];

export const bertStorage: ModelStorage<BertConfig> = modelStorage({
  fromJson: bertConfigFromJson,
  toJson: bertConfigToJson,
  unused,
});

export const electraStorage: ModelStorage<ElectraConfig> = modelStorage({
  fromJson: electraConfigFromJson,
  toJson: electraConfigToJson,
  unused,
});
