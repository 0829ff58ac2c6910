// @alectra/pipelines: a tokenizer and a model answer for texts, in Hugging Face's JSON.

export {
  type DetectReplacedOptions,
  type DetectReplacedPipeline,
  detectReplaced,
  type JudgedToken,
} from './detect-replaced.js';
export {
  type FeatureExtractionAnswer,
  type FeatureExtractionOptions,
  type FeatureExtractionPipeline,
  featureExtraction,
  type Pooling,
} from './feature-extraction.js';
export {
  type FilledMask,
  type FillMaskAnswer,
  type FillMaskOptions,
  type FillMaskPipeline,
  fillMask,
} from './fill-mask.js';
export type { AggregationStrategy, EntityGroup } from './group-entities.js';
export { InputError, type InputErrorCode } from './input-error.js';
export type {
  Features,
  MaskedLM,
  ModelConfig,
  Network,
  ReplacedTokenModel,
  SequenceLogits,
  TokenLogits,
  Weighted,
} from './model.js';
export type { Pipeline, PipelineOptions, Request, TextAndPair } from './pipeline.js';
export {
  type ScoredLabel,
  type ScoreFunction,
  type TextClassificationOptions,
  type TextClassificationPipeline,
  textClassification,
} from './text-classification.js';
export type { OffsetUnit } from './text-places.js';
export {
  type LabelledToken,
  type TokenClassificationAnswer,
  type TokenClassificationOptions,
  type TokenClassificationPipeline,
  tokenClassification,
} from './token-classification.js';
export type { EncodeOptions, Encoding, Tokenizer } from './tokenizer.js';
