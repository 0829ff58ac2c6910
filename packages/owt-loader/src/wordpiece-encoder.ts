// BERT WordPiece vocabularies through @alectra/wordpiece, which is loaded by name when it is asked for: this
// package takes any tokenizer and depends on none.

import { readFile, stat } from 'node:fs/promises';
import { sha256 } from '@alectra/files';
import type { EncodeBatch, EncodeLines, Encoder } from './encoder.js';
import type { EncoderModule } from './encoder-module.js';
import type { SpecialIds } from './example-columns.js';

export interface WordPieceSource {
  /** A vocab.txt, or a folder with vocab.txt or tokenizer.json. */
  readonly path: string;
  /** For a vocab.txt: false for a cased vocabulary. A folder says so itself. */
  readonly lowercase?: boolean;
}

/** All that a build must know of a tokenizer. */
export interface TokenizerParts {
  readonly encoder: EncoderModule;
  readonly vocabularySize: number;
  readonly special: SpecialIds;
  /** Hash of the vocabulary and the rules of normalization: what the fingerprint of shards holds. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
}

/** What is used of @alectra/wordpiece. */
interface WordPiece {
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
  const tokenizer = await load(source);
  const encodeBatch: EncodeBatch = (texts) => tokenizer.encodeRagged(texts);
  const width = tokenizer.vocabSize <= 65_536 ? 'uint16' : 'int32';
  const encodeLines: EncodeLines = (utf8) => tokenizer.encodeBytes(utf8, { width, reuse: true });
  return { encodeLines, encodeBatch, encode: (text) => encodeBatch([text]).ids };
}

/** Encoder, sizes, special ids and identity of a WordPiece vocabulary on disk. */
export async function wordPiece(source: WordPieceSource): Promise<TokenizerParts> {
  const tokenizer = await load(source);
  const special = (name: 'padToken' | 'clsToken' | 'sepToken'): number => {
    const token = String(tokenizer.config[name]);
    const id = tokenizer.tokenToId(token);
    if (id === undefined)
      throw new RangeError(
        `owt-loader: cannot use the vocabulary ${source.path}: it has no ${token}.\n` +
          'Examples are [CLS] A [SEP] B [SEP], padded with [PAD]: name a vocabulary with these tokens.',
      );
    return id;
  };
  const byId = [...tokenizer.getVocab()].sort(([, a], [, b]) => a - b);
  const { modelMaxLength: _, ...rules } = tokenizer.config;
  return {
    encoder: { module: '@alectra/owt-loader', name: 'wordPieceEncoder', options: source },
    vocabularySize: tokenizer.vocabSize,
    special: { pad: special('padToken'), cls: special('clsToken'), sep: special('sepToken') },
    tokenizer: {
      vocabulary: sha256(byId.map(([token, id]) => `${id} ${token}\n`).join('')),
      rules: Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined)),
    },
  };
}

async function load({ path, lowercase }: WordPieceSource): Promise<WordPiece> {
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
