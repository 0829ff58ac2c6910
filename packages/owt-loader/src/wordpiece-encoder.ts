// BERT WordPiece vocabularies through @alectra/wordpiece, which is loaded by name when it is asked for: this
// package takes any tokenizer and depends on none.

import { readFile, stat } from 'node:fs/promises';
import { type Blueprint, rowsEncoder, type WordPieceRows } from './blueprint-encoder.js';
import type { Encoder } from './encoder.js';

export interface WordPieceSource {
  /** A vocab.txt, or a folder with vocab.txt or tokenizer.json. */
  readonly path: string;
  /** For a vocab.txt: false for a cased vocabulary. A folder says so itself. */
  readonly lowercase?: boolean;
}

/** What is used of @alectra/wordpiece. */
export interface WordPiece extends WordPieceRows {
  readonly vocabSize: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly blueprint: Blueprint;
  tokenToId(token: string): number | undefined;
  getVocab(): ReadonlyMap<string, number>;
}

interface WordPieceModule {
  readonly WordPieceTokenizer: {
    fromVocab(source: Uint8Array, options: { lowercase?: boolean }): WordPiece;
    fromPretrained(folder: string): Promise<WordPiece>;
  };
}

const PACKAGE = '@alectra/wordpiece';

/** The encoder of a vocabulary, for this thread. */
export async function wordPieceEncoder(source: WordPieceSource): Promise<Encoder> {
  const tokenizer = await loadWordPiece(source);
  return rowsEncoder(tokenizer, tokenizer.vocabSize);
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
