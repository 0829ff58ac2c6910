// BERT and ELECTRA as two families of `modelFromPretrained`.

import type { ModelFamily } from '@alectra/checkpoint';
import {
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

export interface BertHeads {
  readonly base: readonly [typeof BertModel];
  readonly 'pre-training': readonly [typeof BertForPreTraining];
  readonly 'masked-lm': readonly [typeof BertForMaskedLM];
  readonly 'sequence-classification': readonly [typeof BertForSequenceClassification];
  readonly 'token-classification': readonly [typeof BertForTokenClassification];
  readonly 'question-answering': readonly [typeof BertForQuestionAnswering];
}

/** Folders of `model_type` bert. */
export const bertModels: ModelFamily<BertHeads> = {
  modelType: 'bert',
  heads: {
    base: [BertModel],
    'pre-training': [BertForPreTraining],
    'masked-lm': [BertForMaskedLM],
    'sequence-classification': [BertForSequenceClassification],
    'token-classification': [BertForTokenClassification],
    'question-answering': [BertForQuestionAnswering],
  },
};

export interface ElectraHeads {
  readonly base: readonly [typeof ElectraModel];
  readonly 'pre-training': readonly [typeof ElectraForPreTraining];
  readonly 'masked-lm': readonly [typeof ElectraForMaskedLM];
  readonly 'sequence-classification': readonly [
    typeof ElectraForSequenceClassification,
    typeof ElectraGoogleClassifier,
  ];
  readonly 'token-classification': readonly [typeof ElectraForTokenClassification];
  readonly 'question-answering': readonly [typeof ElectraForQuestionAnswering];
}

/** Folders of `model_type` electra; Google's own classifier only where config.json names it. */
export const electraModels: ModelFamily<ElectraHeads> = {
  modelType: 'electra',
  heads: {
    base: [ElectraModel],
    'pre-training': [ElectraForPreTraining],
    'masked-lm': [ElectraForMaskedLM],
    'sequence-classification': [ElectraForSequenceClassification, ElectraGoogleClassifier],
    'token-classification': [ElectraForTokenClassification],
    'question-answering': [ElectraForQuestionAnswering],
  },
};
