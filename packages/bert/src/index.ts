export { type HubOptions, hubOptionsFromEnv } from '@alectra/checkpoint';
export type {
  HiddenStateOutputs as ElectraOutputs,
  MaskedLMGenerator,
  MaskedLMOutputs,
  PooledOutputs as BertOutputs,
  QuestionAnsweringOutputs,
  ReplacedTokenDiscriminator,
  SequenceClassifierOutputs,
  TokenClassifierOutputs,
} from '@alectra/nn';
export { type BertPreTrainingOutputs, bertLogitsAt } from './bert-heads.js';
export {
  type BertConfig,
  bertConfig,
  bertConfigFromJson,
  bertConfigToJson,
  type ElectraConfig,
  electraConfig,
  electraConfigFromJson,
  electraConfigToJson,
} from './config.js';
export { electraLogitsAt, type ReplacedTokenOutputs } from './electra-heads.js';
export {
  bertDiscriminator,
  bertGenerator,
  electraDiscriminator,
  electraGenerator,
} from './electra-task.js';
export { type EncoderConfig, encode } from './encoder.js';
export { type BertHeads, bertModels, type ElectraHeads, electraModels } from './families.js';
export {
  BertForMaskedLM,
  BertForPreTraining,
  BertForQuestionAnswering,
  BertForSequenceClassification,
  BertForTokenClassification,
  BertModel,
  ElectraForMaskedLM,
  ElectraForPreTraining,
  ElectraForQuestionAnswering,
  ElectraForSequenceClassification,
  ElectraForTokenClassification,
  ElectraGoogleClassifier,
  ElectraModel,
} from './models.js';
export {
  BERT_PRESETS,
  type BertPreset,
  bertPreset,
  ELECTRA_PRESETS,
  type ElectraPreset,
  electraPreset,
} from './presets.js';
