// BERT WordPiece vocabularies through @alectra/wordpiece, which is loaded by name when it is asked for: this
// package takes any tokenizer and depends on none. Worker threads load this module alone, not the whole package.

import { readFile, stat } from 'node:fs/promises';
import type { EncodeBatch, EncodeLines, Encoder } from './encoder.js';

export interface WordPieceSource {
  /** A vocab.txt, or a folder with vocab.txt or tokenizer.json. */
  readonly path: string;
  /** For a vocab.txt: false for a cased vocabulary. A folder says so itself. */
  readonly lowercase?: boolean;
}

/** What is used of @alectra/wordpiece. */
export interface WordPiece {
  readonly vocabSize: number;
  readonly config: Readonly<Record<string, unknown>>;
  tokenToId(token: string): number | undefined;
  getVocab(): ReadonlyMap<string, number>;
  encodeRagged: EncodeBatch;
  encodeBytes(
    utf8: Uint8Array,
    options: { width: 'uint16' | 'int32'; reuse: boolean },
  ): ReturnType<EncodeLines>;
}

interface WordPieceModule {
  readonly WordPieceTokenizer: {
    fromVocab(source: Uint8Array, options: { lowercase?: boolean }): WordPiece;
    fromPretrained(folder: string): Promise<WordPiece>;
  };
}

const PACKAGE = '@alectra/wordpiece';

/** The encoder itself; worker threads call this. */
export async function wordPieceEncoder(source: WordPieceSource): Promise<Encoder> {
  const tokenizer = await loadWordPiece(source);
  const encodeBatch: EncodeBatch = (texts) => tokenizer.encodeRagged(texts);
  const width = tokenizer.vocabSize <= 65_536 ? 'uint16' : 'int32';
  const encodeLines: EncodeLines = (utf8) => tokenizer.encodeBytes(utf8, { width, reuse: true });
  return { encodeLines, encodeBatch, encode: (text) => encodeBatch([text]).ids };
}

/** The tokenizer of a vocabulary. */
export async function loadWordPiece({ path, lowercase }: WordPieceSource): Promise<WordPiece> {
  const { WordPieceTokenizer } = (await import(PACKAGE).catch((error: unknown) => {
    throw new Error(
      `owt-loader: cannot load ${PACKAGE}: ${String(error)}.\nInstall it: npm install ${PACKAGE}`,
      { cause: error },
    );
  })) as WordPieceModule;
  const isFolder = (await stat(path)).isDirectory();
  return isFolder
    ? WordPieceTokenizer.fromPretrained(path)
    : WordPieceTokenizer.fromVocab(
        await readFile(path),
        lowercase === undefined ? {} : { lowercase },
      );
}
