export type { BatchEncoding, RaggedIds } from './batch-encoding.js';
export type { EncodeBytesOptions, EncodeStreamOptions } from './corpus-options.js';
export { type CorpusBlueprint, CorpusTokenizer } from './corpus-tokenizer.js';
export type { DecodeOptions } from './decode.js';
export type { EncodeOptions, OffsetUnit } from './encode-options.js';
export type { Encoding } from './encoding.js';
export type { AddedToken, WordPieceConfig, WordPieceOptions } from './options.js';
export { WordPieceTokenizer } from './tokenizer.js';
export { type TrainOptions, trainWordPiece } from './train.js';
export { type TrainFilesOptions, trainWordPieceFiles } from './train-files.js';
export {
  asTransformersCall,
  type TransformersCall,
  type TransformersCallOptions,
  type TransformersCallResult,
} from './transformers-call.js';
export type { Side, TruncationStrategy } from './truncation.js';
