// What a build must know of a tokenizer besides how it encodes, for WordPiece vocabularies on disk.

import { sha256 } from '@alectra/files';
import type { EncoderModule } from './encoder-module.js';
import type { SpecialIds } from './example-columns.js';
import { loadWordPiece, type WordPieceSource } from './wordpiece-encoder.js';

/** All that a build must know of a tokenizer. */
export interface TokenizerParts {
  /** Holds the tokenizer's tables and compiled WebAssembly: it can be sent to a thread, and not written as JSON. */
  readonly encoder: EncoderModule;
  readonly vocabularySize: number;
  readonly special: SpecialIds;
  /** Hash of the vocabulary and the rules of normalization: what the fingerprint of shards holds. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
}

/** Encoder, sizes, special ids and identity of a WordPiece vocabulary on disk. */
export async function wordPiece(source: WordPieceSource): Promise<TokenizerParts> {
  const tokenizer = await loadWordPiece(source);
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
    encoder: { module: encoderModule(), name: 'blueprintEncoder', options: tokenizer.blueprint },
    vocabularySize: tokenizer.vocabSize,
    special: { pad: special('padToken'), cls: special('clsToken'), sep: special('sepToken') },
    tokenizer: {
      vocabulary: sha256(byId.map(([token, id]) => `${id} ${token}\n`).join('')),
      rules: Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined)),
    },
  };
}

/** A module of its own: the whole package, with its readers and writers, took a worker thread longer than the tokenizer. */
function encoderModule(): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./blueprint-encoder.${ending}`, import.meta.url).href;
}
