// `@alectra/wordpiece/corpus`: for worker threads, which need no more of the package.

export type { RaggedIds } from './batch-encoding.js';
export type { EncodeBytesOptions } from './corpus-options.js';
export { type CorpusBlueprint, CorpusTokenizer } from './corpus-tokenizer.js';
