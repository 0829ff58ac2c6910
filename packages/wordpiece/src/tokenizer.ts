// WordPieceTokenizer: text to ids and back, as Hugging Face's Rust BERT tokenizer does it.

import { AddedVocabulary } from './added-vocabulary.js';
import {
  requireIds,
  requireIterable,
  requireList,
  requireText,
  requireTexts,
} from './arguments.js';
import { assembleEncoding, type Frame } from './assemble.js';
import { type BatchEncoding, joinBatch, type RaggedIds } from './batch-encoding.js';
import { buildBehaviour } from './behaviour.js';
import { engineModule } from './byte-engine.js';
import { fileLength, readFile, wholeLines } from './byte-stream.js';
import { CorpusEncoder } from './corpus-encoder.js';
import {
  bytesOptions,
  type EncodeBytesOptions,
  type EncodeStreamOptions,
  shareOf,
} from './corpus-options.js';
import { type CorpusBlueprint, encodeLines, encodeTexts } from './corpus-tokenizer.js';
import { type DecodeOptions, decodeTokens, resolveDecodeOptions } from './decode.js';
import {
  batchLength,
  type EncodeOptions,
  paddedLength,
  type ResolvedEncodeOptions,
  resolveEncodeOptions,
} from './encode-options.js';
import { encodeInWorkers } from './encode-workers.js';
import type { Encoding } from './encoding.js';
import { readFolder, writeFolder } from './folder.js';
import { lineRanges } from './line-ranges.js';
import { rejectOption, requireCount } from './option-checks.js';
import {
  type AddedToken,
  mergeOptions,
  resolveOptions,
  type WordPieceConfig,
  type WordPieceOptions,
} from './options.js';
import { buildPieceTrie } from './piece-trie.js';
import { SequenceEncoder } from './sequence-encoder.js';
import { readTokenizerJson, type TokenizerParts, writeTokenizerJson } from './tokenizer-json.js';
import { parseVocabulary, pieceLengths, type Vocabulary } from './vocabulary.js';

export class WordPieceTokenizer {
  readonly config: WordPieceConfig;
  readonly #vocabulary: Vocabulary;
  readonly #sequences: SequenceEncoder;
  readonly #corpus: CorpusEncoder;
  readonly #tokens: AddedVocabulary;
  #frame: Frame | undefined;

  private constructor({ vocabulary, options }: TokenizerParts) {
    const config = resolveOptions(options);
    this.config = config;
    this.#vocabulary = vocabulary;
    this.#tokens = new AddedVocabulary(vocabulary);
    const unknown = vocabulary.ids.get(config.unkToken);
    if (unknown === undefined)
      throw new RangeError(
        `wordpiece: cannot use this vocabulary: it has no ${config.unkToken}.\n` +
          `Pass the vocabulary's own unknown token as unkToken.`,
      );
    const { lowercase, stripAccents = lowercase, cleanText, handleChineseChars } = config;
    const normalizer = { lowercase, stripAccents, cleanText, handleChineseChars };
    this.#sequences = new SequenceEncoder({
      model: {
        trie: buildPieceTrie(vocabulary.ids, config.continuingSubwordPrefix),
        behaviour: buildBehaviour(normalizer),
        pieceLengths: pieceLengths(vocabulary, config.continuingSubwordPrefix),
        idCount: vocabulary.tokens.length,
        unknown,
        maxWordLength: config.maxInputCharsPerWord,
        lowercase,
      },
      normalizer,
      module: config.engine === 'auto' ? engineModule() : undefined,
      added: [],
    });
    this.#corpus = new CorpusEncoder(this.#sequences);
    const { unkToken, sepToken, padToken, clsToken, maskToken } = config;
    const special = [unkToken, sepToken, padToken, clsToken, maskToken]
      .filter((content) => vocabulary.ids.has(content))
      .map((content) => ({ content, special: true }));
    const { addedTokens = [] } = options;
    requireList(addedTokens, 'addedTokens');
    this.#add([...special, ...addedTokens]);
  }

  /**
   * @param source lines of a vocab.txt, or the file as text or bytes; the line number is the id
   * @throws TypeError for another source, or bytes that are no UTF-8
   * @throws RangeError for too many lines, a vocabulary without the unknown token, and impossible options
   */
  static fromVocab(
    source: readonly string[] | string | Uint8Array,
    options: WordPieceOptions = {},
  ): WordPieceTokenizer {
    return new WordPieceTokenizer({ vocabulary: parseVocabulary(source), options });
  }

  /**
   * @param json a tokenizer.json, parsed or as text
   * @param options instead of the file's where they are given; added tokens come beside the file's
   * @throws RangeError if it does not describe BERT's WordPiece pipeline
   */
  static fromTokenizerJson(json: unknown, options: WordPieceOptions = {}): WordPieceTokenizer {
    const parts = readTokenizerJson(json);
    return new WordPieceTokenizer({ ...parts, options: mergeOptions(parts.options, options) });
  }

  /**
   * Reads a folder: its tokenizer.json if there is one, else vocab.txt; names and limits from
   * tokenizer_config.json.
   *
   * @param folder a path, or the URL of a folder on a web server
   * @param options instead of the folder's where they are given; added tokens come beside the folder's
   */
  static async fromPretrained(
    folder: string | URL,
    options: WordPieceOptions = {},
  ): Promise<WordPieceTokenizer> {
    const parts = await readFolder(folder);
    return new WordPieceTokenizer({ ...parts, options: mergeOptions(parts.options, options) });
  }

  /** One more than the largest id, added tokens included: the rows of an embedding. */
  get vocabSize(): number {
    return this.#tokens.size;
  }

  /** Id by token, added tokens included. */
  getVocab(): Map<string, number> {
    return this.#tokens.all;
  }

  tokenToId(token: string): number | undefined {
    return this.#tokens.idOf(token);
  }

  idToToken(id: number): string | undefined {
    return this.#tokens.tokenOf(id);
  }

  /**
   * Adds tokens that are found in texts as wholes: all of them, or none if one is refused.
   *
   * @returns how much larger `vocabSize` is, and so by how many rows the embedding must grow; ids that are given
   *   may leave gaps
   * @throws TypeError unless an array of strings and of objects with a `content`
   * @throws RangeError for an id that is none or belongs to another token
   */
  addTokens(tokens: readonly (string | AddedToken)[]): number {
    requireList(tokens, 'tokens');
    const before = this.vocabSize;
    this.#add(tokens.map((token) => (typeof token === 'string' ? { content: token } : token)));
    return this.vocabSize - before;
  }

  /** 2 for a text, 3 with a pair; 0 without a post-processor. */
  numSpecialTokensToAdd(hasPair = false): number {
    if (this.config.postProcessor === null) return 0;
    return hasPair ? 3 : 2;
  }

  /**
   * What the tokenizer sees of a text before it is split into words.
   *
   * @throws TypeError unless a string
   */
  normalize(text: string): string {
    requireText(text, 'text');
    return this.#sequences.normalize(text);
  }

  /**
   * Encodes one text.
   *
   * @param pair a second text, or the options
   * @throws TypeError unless the texts are strings
   * @throws RangeError for impossible options, or if a cut does not fit (see `truncation`)
   */
  encode(text: string, pair?: string | EncodeOptions, options: EncodeOptions = {}): Encoding {
    if (pair === null) requireText(pair, 'pair');
    const given = typeof pair === 'object' ? pair : options;
    const second = pair === undefined || typeof pair === 'object' ? given.pair : pair;
    const resolved = resolveEncodeOptions(given, this.config.modelMaxLength);
    const encoding = this.#encode(text, second, resolved);
    const length = paddedLength(resolved, encoding.length);
    return length === undefined ? encoding : encoding.pad(this.#padding(length, resolved));
  }

  /**
   * Encodes many texts, or pairs of texts, into rows of equal length.
   *
   * All rows are filled up with the pad token to the longest of them, or further as `padding` and
   * `padToMultipleOf` say.
   *
   * @throws TypeError unless the texts are strings, in an array
   * @throws RangeError for impossible options, `padding: false` included, or if a cut does not fit
   */
  encodeBatch(
    texts: readonly (string | readonly [text: string, pair: string])[],
    options: EncodeOptions = {},
  ): BatchEncoding {
    requireList(texts);
    if (options.padding === false)
      rejectOption(
        'padding',
        false,
        "true, 'longest' or 'max_length': the rows of a batch are of equal length",
        'Leave it out, or use encode for each text, or encodeRagged for rows back to back',
      );
    const resolved = resolveEncodeOptions(options, this.config.modelMaxLength);
    const encodings = texts.map((item) =>
      typeof item === 'string'
        ? this.#encode(item, options.pair, resolved)
        : this.#encode(item[0], item[1], resolved),
    );
    const lengths = encodings
      .flatMap((encoding) => [encoding, ...encoding.overflowing])
      .map((encoding) => encoding.length);
    const length = batchLength(
      resolved,
      lengths.reduce((most, count) => Math.max(most, count), 0),
    );
    // a vocabulary without the pad token will do where nothing is filled up
    if (lengths.every((count) => count === length)) return joinBatch(encodings);
    const padding = this.#padding(length, resolved);
    return joinBatch(encodings.map((encoding) => encoding.pad(padding)));
  }

  /**
   * What `CorpusTokenizer.fromBlueprint` makes `encodeRagged` and `encodeBytes` from in another thread. Tokens that are
   * added later are not in it.
   */
  get blueprint(): CorpusBlueprint {
    return { encoder: this.#sequences.blueprint, vocabSize: this.vocabSize };
  }

  /**
   * Encodes many texts without special tokens, back to back: text of a corpus. Special tokens in the
   * texts are taken as text.
   */
  encodeRagged(texts: readonly string[], options: EncodeBytesOptions = {}): RaggedIds {
    return encodeTexts(this.#corpus, this.vocabSize, texts, options);
  }

  /**
   * Encodes each line of some UTF-8 without special tokens; no string is made.
   *
   * Special tokens in it are taken as text, bytes that are no UTF-8 as U+FFFD.
   */
  encodeBytes(utf8: Uint8Array, options: EncodeBytesOptions = {}): RaggedIds {
    return encodeLines(this.#corpus, this.vocabSize, utf8, options);
  }

  /**
   * Encodes the lines of a stream of UTF-8, as `encodeBytes` does, `chunkBytes` at a time.
   *
   * The rows come in order and do not depend on the number of workers. A row is there when its line is encoded,
   * also while the source has nothing more to give; if the source fails, what it gave before comes first.
   *
   * @param source chunks of bytes, cut anywhere; they may be used again once the next one is asked for
   * @throws TypeError for another source, or a chunk that is not bytes
   * @throws RangeError for impossible options
   */
  async *encodeStream(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: EncodeStreamOptions = {},
  ): AsyncGenerator<RaggedIds> {
    requireIterable(source, 'source', 'chunks of bytes');
    const { workers, chunkBytes = 1 << 20, isWide, reuse } = this.#streamOptions(options);
    const chunks = wholeLines(source, chunkBytes);
    if (workers > 0) {
      yield* encodeInWorkers(chunks, workers, this.#workerSetup(isWide, reuse));
      return;
    }
    const corpus = new CorpusEncoder(this.#sequences); // whose arrays no other call overwrites
    for await (const chunk of chunks) yield corpus.encodeLines(chunk, isWide, reuse);
  }

  /** Encodes the lines of a file, as `encodeStream` does; workers read their parts themselves. Node only. */
  async *encodeFile(path: string, options: EncodeStreamOptions = {}): AsyncGenerator<RaggedIds> {
    requireText(path, 'path', 'Pass the path of one file');
    const { workers, chunkBytes, isWide, reuse } = this.#streamOptions(options);
    const length = workers > 0 ? await fileLength(path) : undefined;
    if (length === undefined) {
      yield* this.encodeStream(readFile(path), options);
      return;
    }
    const ranges = lineRanges(length, chunkBytes ?? shareOf(length, workers));
    for await (const rows of encodeInWorkers(ranges, workers, {
      ...this.#workerSetup(isWide, reuse),
      path,
    })) {
      if (rows.rowSplits.length > 1) yield rows; // else no line starts in the range
    }
  }

  /** The tokens of a text, without those that `encode` inserts. */
  tokenize(text: string): string[] {
    return this.encode(text, { addSpecialTokens: false, splitSpecialTokens: false }).tokens;
  }

  /**
   * The text of some tokens.
   *
   * @throws TypeError unless numbers in an array or typed array
   * @throws RangeError for ids that no token has, and for impossible options
   */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    requireIds(ids);
    const resolved = resolveDecodeOptions(options, this.config.cleanup);
    const tokens: string[] = [];
    for (let i = 0; i < ids.length; i++) {
      if (resolved.skipSpecialTokens && this.#tokens.isSpecial(ids[i])) continue;
      tokens.push(this.#token(ids[i]));
    }
    return decodeTokens(tokens, this.config.continuingSubwordPrefix, resolved.cleanUp);
  }

  /**
   * Joins tokens as `decode` does; they need not be in the vocabulary.
   *
   * @throws TypeError unless an array of strings
   */
  convertTokensToString(tokens: readonly string[]): string {
    requireTexts(tokens, 'tokens');
    const { cleanUp } = resolveDecodeOptions({}, this.config.cleanup);
    return decodeTokens(tokens, this.config.continuingSubwordPrefix, cleanUp);
  }

  /** The texts of many rows, as `decode` gives them. */
  decodeBatch(rows: readonly ArrayLike<number>[], options: DecodeOptions = {}): string[] {
    requireList(rows, 'rows');
    return rows.map((ids) => this.decode(ids, options));
  }

  /** The tokenizer as the value of a tokenizer.json. */
  toTokenizerJson(): object {
    return writeTokenizerJson(this.#vocabulary, this.config, this.#tokens.added);
  }

  /**
   * Writes vocab.txt, tokenizer.json, tokenizer_config.json and special_tokens_map.json, which Hugging
   * Face's Python and transformers.js load.
   *
   * @throws TypeError unless the folder is a path
   */
  async save(folder: string): Promise<void> {
    requireText(folder, 'folder', 'Pass the path of a folder');
    await writeFolder(folder, {
      vocabulary: this.#vocabulary,
      config: this.config,
      added: this.#tokens.added,
      json: this.toTokenizerJson(),
    });
  }

  #encode(text: string, pair: string | undefined, options: ResolvedEncodeOptions): Encoding {
    if (typeof text !== 'string') requireText(text, 'text');
    if (pair !== undefined && typeof pair !== 'string') requireText(pair, 'pair');
    const tokens = this.#sequences.encode(text, pair, options.splitSpecialTokens, options.offsets);
    return assembleEncoding({
      tokens,
      first: this.#sequences.first,
      text,
      pair,
      options,
      frame: options.addSpecialTokens ? this.#frameTokens() : undefined,
      token: this.#token,
    });
  }

  #frameTokens(): Frame | undefined {
    if (this.config.postProcessor === null) return undefined;
    this.#frame ??= {
      before: this.#special(this.config.clsToken),
      after: this.#special(this.config.sepToken),
    };
    return this.#frame;
  }

  #padding(length: number, { paddingSide }: ResolvedEncodeOptions) {
    return { id: this.#special(this.config.padToken), length, side: paddingSide };
  }

  #special(token: string): number {
    const id = this.#tokens.idOf(token);
    if (id === undefined)
      throw new RangeError(
        `wordpiece: cannot insert ${token}: the vocabulary does not have it.\n` +
          `Name the vocabulary's own token in the options, or encode without special tokens and padding.`,
      );
    return id;
  }

  readonly #token = (id: number): string => {
    const token = this.#tokens.tokenOf(id);
    if (token === undefined)
      throw new RangeError(
        `wordpiece: unknown id: ${id}, expected 0 to ${this.vocabSize - 1}.\n` +
          `Was it made with another vocabulary?`,
      );
    return token;
  };

  #workerSetup(isWide: boolean, reuse: boolean) {
    return { task: 'encode', blueprint: this.#sequences.blueprint, isWide, reuse } as const;
  }

  #streamOptions({ workers = 0, chunkBytes, ...rest }: EncodeStreamOptions) {
    requireCount('workers', workers, 0);
    if (chunkBytes !== undefined) requireCount('chunkBytes', chunkBytes, 1);
    return { workers, chunkBytes, ...bytesOptions(rest, this.vocabSize) };
  }

  #add(tokens: readonly AddedToken[]): void {
    this.#tokens.add(tokens);
    this.#sequences.setAddedTokens(this.#tokens.added);
  }
}
