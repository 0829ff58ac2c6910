export type { BatchEncoding, RaggedIds } from './batch-encoding.js';
export type { DecodeOptions } from './decode.js';
export type { EncodeOptions, OffsetUnit } from './encode-options.js';
export type { Encoding } from './encoding.js';
export type { AddedToken, WordPieceConfig, WordPieceOptions } from './options.js';
export { WordPieceTokenizer } from './tokenizer.js';
export { type TrainOptions, trainWordPiece } from './train.js';
export type { Side, TruncationStrategy } from './truncation.js';
