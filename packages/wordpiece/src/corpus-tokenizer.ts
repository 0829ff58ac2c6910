// The part of a tokenizer that encodes corpora, by itself: a worker thread makes one from what the tokenizer gives, in a
// tenth of the time that it takes to read a vocabulary.

import { requireBytes, requireTexts } from './arguments.js';
import type { RaggedIds } from './batch-encoding.js';
import { CorpusEncoder } from './corpus-encoder.js';
import { bytesOptions, type EncodeBytesOptions } from './corpus-options.js';
import { type EncoderBlueprint, SequenceEncoder } from './sequence-encoder.js';

/**
 * What a {@link CorpusTokenizer} is made from: plain data and a compiled module, for `workerData` and `postMessage`. What it
 * holds is not for storage, and may be another in another version.
 */
export interface CorpusBlueprint {
  readonly encoder: EncoderBlueprint;
  readonly vocabSize: number;
}

/** Ids of many texts, back to back, without special tokens; special tokens in the texts are taken as text. */
export class CorpusTokenizer {
  readonly #corpus: CorpusEncoder;
  readonly #vocabSize: () => number;

  private constructor(sequences: SequenceEncoder, vocabSize: () => number) {
    this.#corpus = new CorpusEncoder(sequences);
    this.#vocabSize = vocabSize;
  }

  /** @param blueprint of a tokenizer, `WordPieceTokenizer.blueprint`, in this thread or another */
  static fromBlueprint({ encoder, vocabSize }: CorpusBlueprint): CorpusTokenizer {
    return new CorpusTokenizer(new SequenceEncoder(encoder), () => vocabSize);
  }

  /** @internal one that shares the engines of a tokenizer */
  static sharing(sequences: SequenceEncoder, vocabSize: () => number): CorpusTokenizer {
    return new CorpusTokenizer(sequences, vocabSize);
  }

  /** Encodes many texts. */
  encodeRagged(texts: readonly string[], options: EncodeBytesOptions = {}): RaggedIds {
    requireTexts(texts);
    const { isWide, reuse } = bytesOptions(options, this.#vocabSize());
    return this.#corpus.encodeTexts(texts, isWide, reuse);
  }

  /** Encodes each line of some UTF-8; no string is made. Bytes that are no UTF-8 are taken as U+FFFD. */
  encodeBytes(utf8: Uint8Array, options: EncodeBytesOptions = {}): RaggedIds {
    requireBytes(utf8);
    const { isWide, reuse } = bytesOptions(options, this.#vocabSize());
    return this.#corpus.encodeLines(utf8, isWide, reuse);
  }
}
