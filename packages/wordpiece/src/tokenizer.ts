// WordPieceTokenizer: text to ids and back, as Hugging Face's Rust BERT tokenizer does it.

import { buildBehaviour } from './behaviour.js';
import { type DecodeOptions, decodeTokens } from './decode.js';
import { readFolder, writeFolder } from './folder.js';
import { resolveOptions, type WordPieceConfig, type WordPieceOptions } from './options.js';
import { buildPieceTrie } from './piece-trie.js';
import { TextEngine } from './text-engine.js';
import { parseVocabulary, type Vocabulary } from './vocabulary.js';

export interface EncodeOptions {
  readonly pair?: string;
  /** Put `[CLS]` before and `[SEP]` after. Default true. */
  readonly addSpecialTokens?: boolean;
}

export interface Encoding {
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  readonly attentionMask: Int32Array;
}

export class WordPieceTokenizer {
  readonly config: WordPieceConfig;
  readonly #vocabulary: Vocabulary;
  readonly #engine: TextEngine;

  private constructor(vocabulary: Vocabulary, config: WordPieceConfig) {
    this.config = config;
    this.#vocabulary = vocabulary;
    const { lowercase, stripAccents = lowercase, cleanText, handleChineseChars } = config;
    const unknown = vocabulary.ids.get(config.unkToken);
    if (unknown === undefined)
      throw new RangeError(
        `wordpiece: cannot use this vocabulary: it has no ${config.unkToken}.\n` +
          `Pass the vocabulary's own unknown token as unkToken.`,
      );
    this.#engine = new TextEngine({
      trie: buildPieceTrie(vocabulary.ids, config.continuingSubwordPrefix),
      behaviour: buildBehaviour({ lowercase, stripAccents, cleanText, handleChineseChars }),
      unknown,
      maxWordLength: config.maxInputCharsPerWord,
    });
  }

  /** @param source lines of a vocab.txt, or the file as text or bytes */
  static fromVocab(
    source: readonly string[] | string | Uint8Array,
    options: WordPieceOptions = {},
  ): WordPieceTokenizer {
    return new WordPieceTokenizer(parseVocabulary(source), resolveOptions(options));
  }

  /** Reads a folder with vocab.txt and, if there, tokenizer_config.json. */
  static async fromPretrained(
    folder: string,
    options: WordPieceOptions = {},
  ): Promise<WordPieceTokenizer> {
    const { vocabulary, options: found } = await readFolder(folder);
    return new WordPieceTokenizer(vocabulary, resolveOptions({ ...found, ...options }));
  }

  get vocabSize(): number {
    return this.#vocabulary.tokens.length;
  }

  tokenToId(token: string): number | undefined {
    return this.#vocabulary.ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#vocabulary.tokens[id];
  }

  encode(text: string, options: EncodeOptions = {}): Encoding {
    const { pair, addSpecialTokens = true } = options;
    const engine = this.#engine;
    engine.reset(false);
    if (addSpecialTokens) engine.push(this.#special(this.config.clsToken), 0, 0);
    engine.encode(text);
    if (addSpecialTokens) engine.push(this.#special(this.config.sepToken), 0, 0);
    const first = engine.length;
    if (pair !== undefined) {
      engine.encode(pair);
      if (addSpecialTokens) engine.push(this.#special(this.config.sepToken), 0, 0);
    }
    const ids = engine.ids.slice(0, engine.length);
    return {
      ids,
      typeIds: new Int32Array(ids.length).fill(1, first),
      attentionMask: new Int32Array(ids.length).fill(1),
    };
  }

  encodeBatch(texts: readonly string[], options: EncodeOptions = {}): Encoding[] {
    return texts.map((text) => this.encode(text, options));
  }

  tokenize(text: string): string[] {
    return Array.from(this.encode(text, { addSpecialTokens: false }).ids, (id) => this.#token(id));
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const { skipSpecialTokens = true } = options;
    const { unkToken, sepToken, clsToken, padToken, maskToken } = this.config;
    const special = new Set([unkToken, sepToken, clsToken, padToken, maskToken]);
    const tokens = Array.from(ids, (id) => this.#token(id));
    return decodeTokens(
      skipSpecialTokens ? tokens.filter((token) => !special.has(token)) : tokens,
      this.config.continuingSubwordPrefix,
      options,
    );
  }

  /** Writes vocab.txt and tokenizer_config.json. */
  async save(folder: string): Promise<void> {
    await writeFolder(folder, this.#vocabulary, this.config);
  }

  #special(token: string): number {
    const id = this.#vocabulary.ids.get(token);
    if (id === undefined)
      throw new RangeError(
        `wordpiece: cannot add special tokens: the vocabulary has no ${token}.\n` +
          `Encode with addSpecialTokens: false, or name the vocabulary's own token in the options.`,
      );
    return id;
  }

  #token(id: number): string {
    const token = this.#vocabulary.tokens[id];
    if (token === undefined)
      throw new RangeError(
        `wordpiece: unknown id: ${id}, expected 0 to ${this.vocabSize - 1}.\n` +
          `Was it made with another vocabulary?`,
      );
    return token;
  }
}
