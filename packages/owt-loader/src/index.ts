export {
  type Batch,
  type BatchOptions,
  type BatchSource,
  type BatchState,
  batches,
  type DamagePolicy,
} from './batches.js';
export { type BuildOptions, buildShards } from './build-shards.js';
export type { BuilderName } from './builder.js';
export { type Chunk, documentSource, type Source } from './chunk.js';
export type { Document, RawDocument } from './document.js';
export type { Encode, EncodeBatch, EncodeLines, Encoder } from './encoder.js';
export type { EncoderModule } from './encoder-module.js';
export type { SpecialIds } from './example-columns.js';
export { type ExportOptions, exportTfRecords } from './export-tfrecords.js';
export { type GatheredText, type GatherOptions, gatherMarkdown } from './gather-markdown.js';
export { evaluationTexts } from './glue-texts.js';
export { type ImportOptions, importTfRecords } from './import-tfrecords.js';
export type { BuildStatistics, Manifest, SplitName } from './manifest.js';
export { type Expectation, openShards, type ShardFolder } from './open-shards.js';
export { openSource, type SourceOptions } from './open-source.js';
export {
  type Fetch,
  listHubDataset,
  type RemoteFile,
  remoteParquetSource,
} from './parquet-source.js';
export { splitSentences } from './sentences.js';
export { ShardError, type ShardErrorCode, type ShardFault } from './shard-error.js';
export { documentsOf } from './shard-text.js';
export { type TokenizerParts, wordPiece } from './tokenizer-parts.js';
export { type Verification, verifyShards } from './verify-shards.js';
export { type WordPieceSource, wordPieceEncoder } from './wordpiece-encoder.js';
