// The classes, under Hugging Face's names.

import type { ResolveOptions } from '@alectra/checkpoint';
import {
  type MaskedLMOutputs,
  type Model,
  type ModelClass,
  modelClass,
  type QuestionAnsweringOutputs,
  type SequenceClassifierOutputs,
  type TokenClassifierOutputs,
} from '@alectra/nn';
import type { AlbertConfig } from './config.js';
import {
  type AlbertOutputs,
  albertModel,
  logitsAt,
  maskedLM,
  type PreTrainingOutputs,
  preTraining,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
} from './heads.js';
import { albertStorage } from './storage.js';

type AlbertClass<Outputs> = ModelClass<AlbertConfig, Outputs, ResolveOptions>;

/** The encoder with its pooler. */
export const AlbertModel: AlbertClass<AlbertOutputs> = modelClass(albertModel, albertStorage);
export type AlbertModel = Model<AlbertConfig, AlbertOutputs>;

/** Masked language model; the decoder is the word table. */
export const AlbertForMaskedLM: AlbertClass<MaskedLMOutputs> & {
  readonly logitsAt: typeof logitsAt;
} = { ...modelClass(maskedLM, albertStorage), logitsAt };
export type AlbertForMaskedLM = Model<AlbertConfig, MaskedLMOutputs>;

/** Masked language model and sentence order, as ALBERT was pretrained. */
export const AlbertForPreTraining: AlbertClass<PreTrainingOutputs> = modelClass(
  preTraining,
  albertStorage,
);
export type AlbertForPreTraining = Model<AlbertConfig, PreTrainingOutputs>;

/** A label for every token. */
export const AlbertForTokenClassification: AlbertClass<TokenClassifierOutputs> = modelClass(
  tokenClassification,
  albertStorage,
);
export type AlbertForTokenClassification = Model<AlbertConfig, TokenClassifierOutputs>;

/** A label, or with one label a number, for every sequence. */
export const AlbertForSequenceClassification: AlbertClass<SequenceClassifierOutputs> = modelClass(
  sequenceClassification,
  albertStorage,
);
export type AlbertForSequenceClassification = Model<AlbertConfig, SequenceClassifierOutputs>;

/** Start and end of an answer. */
export const AlbertForQuestionAnswering: AlbertClass<QuestionAnsweringOutputs> = modelClass(
  questionAnswering,
  albertStorage,
);
export type AlbertForQuestionAnswering = Model<AlbertConfig, QuestionAnsweringOutputs>;
