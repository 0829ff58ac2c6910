export { type HubOptions, hubOptionsFromEnv } from '@alectra/checkpoint';
export type {
  MaskedLMGenerator,
  MaskedLMOutputs,
  PooledOutputs as AlbertOutputs,
  QuestionAnsweringOutputs,
  ReplacedTokenDiscriminator,
  SequenceClassifierOutputs,
  TokenClassifierOutputs,
} from '@alectra/nn';
export {
  type AlbertConfig,
  type AttentionOutputDropout,
  albertConfig,
  albertConfigFromJson,
  albertConfigToJson,
} from './config.js';
export {
  albertMaskedLM,
  albertTokenClassifier,
  initAlbertForMaskedLM,
  initAlbertForTokenClassification,
} from './electra.js';
export { encode } from './encoder.js';
export { type AlbertHeads, albertModels } from './family.js';
export { logitsAt, type PreTrainingOutputs } from './heads.js';
export {
  AlbertForMaskedLM,
  AlbertForPreTraining,
  AlbertForQuestionAnswering,
  AlbertForSequenceClassification,
  AlbertForTokenClassification,
  AlbertModel,
} from './models.js';
export { ALBERT_PRESETS, type AlbertPreset, albertPreset } from './presets.js';
