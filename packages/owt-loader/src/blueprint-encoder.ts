// A WordPiece tokenizer in a worker thread, from the tables that the main thread has already made. Threads load this module
// alone, not the whole package.

import type { EncodeBatch, EncodeLines, Encoder } from './encoder.js';

/** What is used of a tokenizer of @alectra/wordpiece, or of its part for corpora. */
export interface WordPieceRows {
  encodeRagged: EncodeBatch;
  encodeBytes(
    utf8: Uint8Array,
    options: { width: 'uint16' | 'int32'; reuse: boolean },
  ): ReturnType<EncodeLines>;
}

/** As @alectra/wordpiece has it, which alone looks further into it. */
export interface Blueprint {
  readonly vocabSize: number;
}

interface CorpusModule {
  readonly CorpusTokenizer: { fromBlueprint(blueprint: Blueprint): WordPieceRows };
}

const PACKAGE = '@alectra/wordpiece/corpus';

/** The encoder; worker threads call this. */
export async function blueprintEncoder(blueprint: Blueprint): Promise<Encoder> {
  const { CorpusTokenizer } = (await import(PACKAGE)) as CorpusModule;
  return rowsEncoder(CorpusTokenizer.fromBlueprint(blueprint), blueprint.vocabSize);
}

/** The encoder of a tokenizer. */
export function rowsEncoder(tokenizer: WordPieceRows, vocabSize: number): Encoder {
  const encodeBatch: EncodeBatch = (texts) => tokenizer.encodeRagged(texts);
  const width = vocabSize <= 65_536 ? 'uint16' : 'int32';
  const encodeLines: EncodeLines = (utf8) => tokenizer.encodeBytes(utf8, { width, reuse: true });
  return { encodeLines, encodeBatch, encode: (text) => encodeBatch([text]).ids };
}
