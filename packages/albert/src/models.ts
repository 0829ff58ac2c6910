// The classes, under Hugging Face's names.

import type { ResolveOptions } from '@alectra/checkpoint';
import {
  type MaskedLMOutputs,
  type Model,
  type ModelClass,
  modelClass,
  type PooledOutputs,
  type QuestionAnsweringOutputs,
  type SequenceClassifierOutputs,
  type TokenClassifierOutputs,
} from '@alectra/nn';
import type { AlbertConfig } from './config.js';
import {
  albertMaskedLM,
  albertModel,
  albertPreTraining,
  albertQuestionAnswering,
  albertSequenceClassification,
  albertTokenClassification,
  logitsAt,
  type PreTrainingOutputs,
} from './heads.js';
import { albertStorage } from './storage.js';

type AlbertClass<Outputs> = ModelClass<AlbertConfig, Outputs, ResolveOptions>;

/** The encoder with its pooler. */
export const AlbertModel: AlbertClass<PooledOutputs> = modelClass(albertModel, albertStorage);
export type AlbertModel = Model<AlbertConfig, PooledOutputs>;

/** Masked language model. */
export const AlbertForMaskedLM: AlbertClass<MaskedLMOutputs> & {
  readonly logitsAt: typeof logitsAt;
} = { ...modelClass(albertMaskedLM, albertStorage), logitsAt };
export type AlbertForMaskedLM = Model<AlbertConfig, MaskedLMOutputs>;

/** Masked language model and sentence order, as ALBERT was pretrained. */
export const AlbertForPreTraining: AlbertClass<PreTrainingOutputs> = modelClass(
  albertPreTraining,
  albertStorage,
);
export type AlbertForPreTraining = Model<AlbertConfig, PreTrainingOutputs>;

/** A label for every token. */
export const AlbertForTokenClassification: AlbertClass<TokenClassifierOutputs> = modelClass(
  albertTokenClassification,
  albertStorage,
);
export type AlbertForTokenClassification = Model<AlbertConfig, TokenClassifierOutputs>;

/** A label, or with one label a number, for every sequence. */
export const AlbertForSequenceClassification: AlbertClass<SequenceClassifierOutputs> = modelClass(
  albertSequenceClassification,
  albertStorage,
);
export type AlbertForSequenceClassification = Model<AlbertConfig, SequenceClassifierOutputs>;

/** Start and end of an answer. */
export const AlbertForQuestionAnswering: AlbertClass<QuestionAnsweringOutputs> = modelClass(
  albertQuestionAnswering,
  albertStorage,
);
export type AlbertForQuestionAnswering = Model<AlbertConfig, QuestionAnsweringOutputs>;
