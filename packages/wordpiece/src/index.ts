export type { DecodeOptions } from './decode.js';
export type { AddedToken, WordPieceConfig, WordPieceOptions } from './options.js';
export { type EncodeOptions, type Encoding, WordPieceTokenizer } from './tokenizer.js';
export { type TrainOptions, trainWordPiece } from './train.js';
