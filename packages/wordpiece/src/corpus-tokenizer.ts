// The part of a tokenizer that encodes corpora, by itself: a worker thread makes one from what the tokenizer gives, in a
// tenth of the time that it takes to read a vocabulary.

import { reject, requireBytes, requireTexts } from './arguments.js';
import type { RaggedIds } from './batch-encoding.js';
import { CorpusEncoder } from './corpus-encoder.js';
import { bytesOptions, type EncodeBytesOptions } from './corpus-options.js';
import { type EncoderBlueprint, SequenceEncoder } from './sequence-encoder.js';

/**
 * What a {@link CorpusTokenizer} is made from: plain data and a compiled module, for `workerData` and `postMessage`. Its tables
 * are those that the tokenizer uses: do not name their buffers in a transfer list. It is not for storage.
 */
export interface CorpusBlueprint {
  /** As this version of the package has it. */
  readonly encoder: object;
  readonly vocabSize: number;
}

/** Ids of many texts, back to back, without special tokens; special tokens in the texts are taken as text. */
export class CorpusTokenizer {
  readonly #corpus: CorpusEncoder;
  readonly #vocabSize: number;

  private constructor(encoder: EncoderBlueprint, vocabSize: number) {
    this.#corpus = new CorpusEncoder(new SequenceEncoder(encoder));
    this.#vocabSize = vocabSize;
  }

  /**
   * @param blueprint of a tokenizer, `WordPieceTokenizer.blueprint`, in this thread or another
   * @throws TypeError for anything else, such as a blueprint that was written as JSON
   */
  static fromBlueprint(blueprint: CorpusBlueprint): CorpusTokenizer {
    const { encoder, vocabSize } = (blueprint ?? {}) as Partial<CorpusBlueprint>;
    if (!isEncoderBlueprint(encoder) || typeof vocabSize !== 'number')
      return reject(
        'blueprint',
        blueprint,
        'what WordPieceTokenizer.blueprint gives',
        'Send it by workerData or postMessage: it does not survive JSON',
      );
    return new CorpusTokenizer(encoder, vocabSize);
  }

  /** Encodes many texts. */
  encodeRagged(texts: readonly string[], options: EncodeBytesOptions = {}): RaggedIds {
    return encodeTexts(this.#corpus, this.#vocabSize, texts, options);
  }

  /** Encodes each line of some UTF-8; no string is made. Bytes that are no UTF-8 are taken as U+FFFD. */
  encodeBytes(utf8: Uint8Array, options: EncodeBytesOptions = {}): RaggedIds {
    return encodeLines(this.#corpus, this.#vocabSize, utf8, options);
  }
}

/** The call of both tokenizers. */
export function encodeTexts(
  corpus: CorpusEncoder,
  vocabSize: number,
  texts: readonly string[],
  options: EncodeBytesOptions,
): RaggedIds {
  requireTexts(texts);
  const { isWide, reuse } = bytesOptions(options, vocabSize);
  return corpus.encodeTexts(texts, isWide, reuse);
}

/** The call of both tokenizers. */
export function encodeLines(
  corpus: CorpusEncoder,
  vocabSize: number,
  utf8: Uint8Array,
  options: EncodeBytesOptions,
): RaggedIds {
  requireBytes(utf8);
  const { isWide, reuse } = bytesOptions(options, vocabSize);
  return corpus.encodeLines(utf8, isWide, reuse);
}

function isEncoderBlueprint(value: object | undefined): value is EncoderBlueprint {
  const { model, module, added } = (value ?? {}) as Partial<EncoderBlueprint>;
  const isModule = module === undefined || String(module) === '[object WebAssembly.Module]';
  return ArrayBuffer.isView(model?.trie?.nodes) && isModule && Array.isArray(added);
}
