// ALBERT as one family of `modelFromPretrained`.

import type { ModelFamily } from '@alectra/checkpoint';
import {
  AlbertForMaskedLM,
  AlbertForPreTraining,
  AlbertForQuestionAnswering,
  AlbertForSequenceClassification,
  AlbertForTokenClassification,
  AlbertModel,
} from './models.js';

export interface AlbertHeads {
  readonly base: readonly [typeof AlbertModel];
  readonly 'pre-training': readonly [typeof AlbertForPreTraining];
  readonly 'masked-lm': readonly [typeof AlbertForMaskedLM];
  readonly 'sequence-classification': readonly [typeof AlbertForSequenceClassification];
  readonly 'token-classification': readonly [typeof AlbertForTokenClassification];
  readonly 'question-answering': readonly [typeof AlbertForQuestionAnswering];
}

/** Folders of `model_type` albert. */
export const albertModels: ModelFamily<AlbertHeads> = {
  modelType: 'albert',
  heads: {
    base: [AlbertModel],
    'pre-training': [AlbertForPreTraining],
    'masked-lm': [AlbertForMaskedLM],
    'sequence-classification': [AlbertForSequenceClassification],
    'token-classification': [AlbertForTokenClassification],
    'question-answering': [AlbertForQuestionAnswering],
  },
};
