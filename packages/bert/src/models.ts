// The classes, under Hugging Face's names.

import type { ResolveOptions } from '@alectra/checkpoint';
import {
  type HiddenStateOutputs,
  type MaskedLMOutputs,
  type Model,
  type ModelClass,
  modelClass,
  type PooledOutputs,
  type QuestionAnsweringOutputs,
  type SequenceClassifierOutputs,
  type TokenClassifierOutputs,
} from '@alectra/nn';
import {
  type BertPreTrainingOutputs,
  bertLogitsAt,
  bertMaskedLM,
  bertModel,
  bertPreTraining,
  bertQuestionAnswering,
  bertSequenceClassification,
  bertTokenClassification,
} from './bert-heads.js';
import type { BertConfig, ElectraConfig } from './config.js';
import {
  electraGoogleClassification,
  electraLogitsAt,
  electraMaskedLM,
  electraModel,
  electraPreTraining,
  electraQuestionAnswering,
  electraSequenceClassification,
  electraTokenClassification,
  type ReplacedTokenOutputs,
} from './electra-heads.js';
import { bertStorage, electraStorage } from './storage.js';

type BertClass<Outputs> = ModelClass<BertConfig, Outputs, ResolveOptions>;
type ElectraClass<Outputs> = ModelClass<ElectraConfig, Outputs, ResolveOptions>;

/** The encoder with its pooler. */
export const BertModel: BertClass<PooledOutputs> = modelClass(bertModel, bertStorage);
export type BertModel = Model<BertConfig, PooledOutputs>;

/** Masked language model. */
export const BertForMaskedLM: BertClass<MaskedLMOutputs> & {
  readonly logitsAt: typeof bertLogitsAt;
} = { ...modelClass(bertMaskedLM, bertStorage), logitsAt: bertLogitsAt };
export type BertForMaskedLM = Model<BertConfig, MaskedLMOutputs>;

/** Masked language model and next sentence, as BERT was pretrained. */
export const BertForPreTraining: BertClass<BertPreTrainingOutputs> = modelClass(
  bertPreTraining,
  bertStorage,
);
export type BertForPreTraining = Model<BertConfig, BertPreTrainingOutputs>;

/** A label for every token. */
export const BertForTokenClassification: BertClass<TokenClassifierOutputs> = modelClass(
  bertTokenClassification,
  bertStorage,
);
export type BertForTokenClassification = Model<BertConfig, TokenClassifierOutputs>;

/** A label, or with one label a number, for every sequence. */
export const BertForSequenceClassification: BertClass<SequenceClassifierOutputs> = modelClass(
  bertSequenceClassification,
  bertStorage,
);
export type BertForSequenceClassification = Model<BertConfig, SequenceClassifierOutputs>;

/** Start and end of an answer. */
export const BertForQuestionAnswering: BertClass<QuestionAnsweringOutputs> = modelClass(
  bertQuestionAnswering,
  bertStorage,
);
export type BertForQuestionAnswering = Model<BertConfig, QuestionAnsweringOutputs>;

/** The encoder; ELECTRA has no pooler. */
export const ElectraModel: ElectraClass<HiddenStateOutputs> = modelClass(
  electraModel,
  electraStorage,
);
export type ElectraModel = Model<ElectraConfig, HiddenStateOutputs>;

/** The generator. */
export const ElectraForMaskedLM: ElectraClass<MaskedLMOutputs> & {
  readonly logitsAt: typeof electraLogitsAt;
} = { ...modelClass(electraMaskedLM, electraStorage), logitsAt: electraLogitsAt };
export type ElectraForMaskedLM = Model<ElectraConfig, MaskedLMOutputs>;

/** The discriminator: whether each token was replaced. */
export const ElectraForPreTraining: ElectraClass<ReplacedTokenOutputs> = modelClass(
  electraPreTraining,
  electraStorage,
);
export type ElectraForPreTraining = Model<ElectraConfig, ReplacedTokenOutputs>;

/** A label for every token. */
export const ElectraForTokenClassification: ElectraClass<TokenClassifierOutputs> = modelClass(
  electraTokenClassification,
  electraStorage,
);
export type ElectraForTokenClassification = Model<ElectraConfig, TokenClassifierOutputs>;

/** A label, or with one label a number, for every sequence, through Hugging Face's head: dense, GELU, linear. */
export const ElectraForSequenceClassification: ElectraClass<SequenceClassifierOutputs> = modelClass(
  electraSequenceClassification,
  electraStorage,
);
export type ElectraForSequenceClassification = Model<ElectraConfig, SequenceClassifierOutputs>;

/** The same through Google's head: one linear layer. Only this package loads its folders. */
export const ElectraGoogleClassifier: ElectraClass<SequenceClassifierOutputs> = modelClass(
  electraGoogleClassification,
  electraStorage,
);
export type ElectraGoogleClassifier = Model<ElectraConfig, SequenceClassifierOutputs>;

/** Start and end of an answer. */
export const ElectraForQuestionAnswering: ElectraClass<QuestionAnsweringOutputs> = modelClass(
  electraQuestionAnswering,
  electraStorage,
);
export type ElectraForQuestionAnswering = Model<ElectraConfig, QuestionAnsweringOutputs>;
