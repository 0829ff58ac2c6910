// WordPieceTokenizer: text to ids and back, as Hugging Face's Rust BERT tokenizer does it.

import { type RegisteredToken, registerToken } from './added-tokens.js';
import { requireBytes, requireList, requireText, requireTexts } from './arguments.js';
import { assembleEncoding, type Frame } from './assemble.js';
import { type BatchEncoding, joinBatch, type RaggedIds } from './batch-encoding.js';
import { buildBehaviour } from './behaviour.js';
import { engineModule } from './byte-engine.js';
import { fileLength, readFile, wholeLines } from './byte-stream.js';
import { CorpusEncoder } from './corpus-encoder.js';
import {
  type EncodeBytesOptions,
  type EncodeStreamOptions,
  isWide,
  requireCount,
  requireKnown,
  shareOf,
} from './corpus-options.js';
import { type DecodeOptions, decodeTokens } from './decode.js';
import {
  type EncodeOptions,
  paddedLength,
  type ResolvedEncodeOptions,
  resolveEncodeOptions,
} from './encode-options.js';
import { encodeInWorkers } from './encode-workers.js';
import type { Encoding } from './encoding.js';
import { readFolder, writeFolder } from './folder.js';
import { lineRanges } from './line-ranges.js';
import {
  type AddedToken,
  resolveOptions,
  type WordPieceConfig,
  type WordPieceOptions,
} from './options.js';
import { buildPieceTrie } from './piece-trie.js';
import { SequenceEncoder } from './sequence-encoder.js';
import { readTokenizerJson, type TokenizerParts, writeTokenizerJson } from './tokenizer-json.js';
import { parseVocabulary, pieceLengths, type Vocabulary } from './vocabulary.js';

const BYTES_OPTIONS = ['width'];

export class WordPieceTokenizer {
  readonly config: WordPieceConfig;
  readonly #vocabulary: Vocabulary;
  readonly #sequences: SequenceEncoder;
  readonly #corpus: CorpusEncoder;
  readonly #addedById = new Map<number, RegisteredToken>();
  readonly #addedByContent = new Map<string, RegisteredToken>();
  #frame: Frame | undefined;

  private constructor({ vocabulary, options }: TokenizerParts) {
    const config = resolveOptions(options);
    this.config = config;
    this.#vocabulary = vocabulary;
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
    this.#register([...special, ...(options.addedTokens ?? [])]);
  }

  /** @param source lines of a vocab.txt, or the file as text or bytes; the line number is the id */
  static fromVocab(
    source: readonly string[] | string | Uint8Array,
    options: WordPieceOptions = {},
  ): WordPieceTokenizer {
    return new WordPieceTokenizer({ vocabulary: parseVocabulary(source), options });
  }

  /**
   * @param json a tokenizer.json, parsed or as text
   * @throws RangeError if it does not describe BERT's WordPiece pipeline
   */
  static fromTokenizerJson(json: unknown, options: WordPieceOptions = {}): WordPieceTokenizer {
    const parts = readTokenizerJson(json);
    return new WordPieceTokenizer({ ...parts, options: { ...parts.options, ...options } });
  }

  /**
   * Reads a folder: its tokenizer.json if there is one, else vocab.txt; names and limits from
   * tokenizer_config.json.
   *
   * @param folder a path, or the URL of a folder on a web server
   */
  static async fromPretrained(
    folder: string | URL,
    options: WordPieceOptions = {},
  ): Promise<WordPieceTokenizer> {
    const parts = await readFolder(folder);
    return new WordPieceTokenizer({ ...parts, options: { ...parts.options, ...options } });
  }

  /** One more than the largest id, added tokens included: the rows of an embedding. */
  get vocabSize(): number {
    return this.#nextId();
  }

  /** Id by token, added tokens included. */
  getVocab(): Map<string, number> {
    const all = new Map(this.#vocabulary.ids);
    for (const { content, id } of this.#addedById.values()) all.set(content, id);
    return all;
  }

  tokenToId(token: string): number | undefined {
    return this.#addedByContent.get(token)?.id ?? this.#vocabulary.ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#addedById.get(id)?.content ?? this.#vocabulary.tokens[id];
  }

  /**
   * Adds tokens that are found in texts as wholes.
   *
   * @returns how many of them have a new id; the embedding must grow by as many rows
   */
  addTokens(tokens: readonly (string | AddedToken)[]): number {
    const before = this.#nextId();
    this.#register(tokens.map((token) => (typeof token === 'string' ? { content: token } : token)));
    return this.#nextId() - before;
  }

  /** 2 for a text, 3 with a pair. */
  numSpecialTokensToAdd(hasPair = false): number {
    return hasPair ? 3 : 2;
  }

  /** What the tokenizer sees of a text before it is split into words. */
  normalize(text: string): string {
    return this.#sequences.normalize(text);
  }

  /**
   * Encodes one text.
   *
   * @param pair a second text, or the options
   * @throws RangeError for impossible options, or if a cut does not fit (see `truncation`)
   */
  encode(text: string, pair?: string | EncodeOptions, options: EncodeOptions = {}): Encoding {
    if (pair === null) requireText(pair, 'pair');
    const given = typeof pair === 'object' ? pair : options;
    const second = typeof pair === 'string' ? pair : given.pair;
    const resolved = resolveEncodeOptions(given, this.config.modelMaxLength);
    const encoding = this.#encode(text, second, resolved);
    const length = paddedLength(resolved, encoding.length);
    return length === undefined ? encoding : encoding.pad(this.#padding(length, resolved));
  }

  /**
   * Encodes many texts, or pairs of texts, into rows of equal length.
   *
   * Padding is `'longest'` if not given.
   */
  encodeBatch(
    texts: readonly (string | readonly [text: string, pair: string])[],
    options: EncodeOptions = {},
  ): BatchEncoding {
    requireList(texts);
    const resolved = resolveEncodeOptions(
      { padding: 'longest', ...options },
      this.config.modelMaxLength,
    );
    const encodings = texts.map((item) =>
      typeof item === 'string'
        ? this.#encode(item, options.pair, resolved)
        : this.#encode(item[0], item[1], resolved),
    );
    const longest = encodings
      .flatMap((encoding) => [encoding, ...encoding.overflowing])
      .reduce((most, encoding) => Math.max(most, encoding.length), 0);
    const length = paddedLength({ ...resolved, padding: resolved.padding ?? 'longest' }, longest);
    const padding = this.#padding(length ?? longest, resolved);
    return joinBatch(encodings.map((encoding) => encoding.pad(padding)));
  }

  /**
   * Encodes many texts without special tokens, back to back: text of a corpus. Special tokens in the
   * texts are taken as text.
   */
  encodeRagged(texts: readonly string[], options: EncodeBytesOptions = {}): RaggedIds {
    requireKnown(options, BYTES_OPTIONS);
    requireTexts(texts);
    return this.#corpus.encodeTexts(texts, isWide(options, this.vocabSize));
  }

  /**
   * Encodes each line of some UTF-8 without special tokens; no string is made.
   *
   * Special tokens in it are taken as text, bytes that are no UTF-8 as U+FFFD.
   */
  encodeBytes(utf8: Uint8Array, options: EncodeBytesOptions = {}): RaggedIds {
    requireKnown(options, BYTES_OPTIONS);
    requireBytes(utf8);
    return this.#corpus.encodeLines(utf8, isWide(options, this.vocabSize));
  }

  /**
   * Encodes the lines of a stream of UTF-8, as `encodeBytes` does, some hundred thousand ids at a time.
   *
   * The rows come in order and do not depend on the number of workers.
   */
  async *encodeStream(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: EncodeStreamOptions = {},
  ): AsyncGenerator<RaggedIds> {
    const { workers, chunkBytes = 1 << 20, wide } = this.#streamOptions(options);
    const chunks = wholeLines(source, chunkBytes);
    if (workers > 0) yield* encodeInWorkers(chunks, workers, this.#workerSetup(wide));
    else for await (const chunk of chunks) yield this.#corpus.encodeLines(chunk, wide);
  }

  /** Encodes the lines of a file, as `encodeStream` does; workers read their parts themselves. Node only. */
  async *encodeFile(path: string, options: EncodeStreamOptions = {}): AsyncGenerator<RaggedIds> {
    const { workers, chunkBytes, wide } = this.#streamOptions(options);
    const length = workers > 0 ? await fileLength(path) : undefined;
    if (length === undefined) {
      yield* this.encodeStream(readFile(path), options);
      return;
    }
    const ranges = lineRanges(length, chunkBytes ?? shareOf(length, workers));
    for await (const rows of encodeInWorkers(ranges, workers, {
      ...this.#workerSetup(wide),
      path,
    })) {
      if (rows.rowSplits.length > 1) yield rows; // else no line starts in the range
    }
  }

  /** The tokens of a text, without those that `encode` inserts. */
  tokenize(text: string): string[] {
    return this.encode(text, { addSpecialTokens: false, splitSpecialTokens: false }).tokens;
  }

  /** @throws RangeError for ids that no token has */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const { skipSpecialTokens = true } = options;
    const tokens: string[] = [];
    for (let i = 0; i < ids.length; i++) {
      if (skipSpecialTokens && this.#addedById.get(ids[i])?.special) continue;
      tokens.push(this.#token(ids[i]));
    }
    return decodeTokens(tokens, this.config.continuingSubwordPrefix, options);
  }

  /** Joins tokens as `decode` does; they need not be in the vocabulary. */
  convertTokensToString(tokens: readonly string[]): string {
    return decodeTokens(tokens, this.config.continuingSubwordPrefix, {});
  }

  decodeBatch(rows: readonly ArrayLike<number>[], options: DecodeOptions = {}): string[] {
    return rows.map((ids) => this.decode(ids, options));
  }

  /** The tokenizer as the value of a tokenizer.json. */
  toTokenizerJson(): object {
    return writeTokenizerJson(this.#vocabulary, this.config, [...this.#addedById.values()]);
  }

  /**
   * Writes vocab.txt, tokenizer.json, tokenizer_config.json and special_tokens_map.json, which Hugging
   * Face's Python and transformers.js load.
   */
  async save(folder: string): Promise<void> {
    await writeFolder(folder, {
      vocabulary: this.#vocabulary,
      config: this.config,
      added: [...this.#addedById.values()],
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

  #frameTokens(): Frame {
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
    const id = this.tokenToId(token);
    if (id === undefined)
      throw new RangeError(
        `wordpiece: cannot insert ${token}: the vocabulary does not have it.\n` +
          `Name the vocabulary's own token in the options, or encode without special tokens and padding.`,
      );
    return id;
  }

  readonly #token = (id: number): string => {
    const token = this.idToToken(id);
    if (token === undefined)
      throw new RangeError(
        `wordpiece: unknown id: ${id}, expected 0 to ${this.vocabSize - 1}.\n` +
          `Was it made with another vocabulary?`,
      );
    return token;
  };

  #workerSetup(wide: boolean) {
    return { task: 'encode', blueprint: this.#sequences.blueprint, isWide: wide } as const;
  }

  #streamOptions({ workers = 0, chunkBytes, ...rest }: EncodeStreamOptions) {
    requireKnown(rest, BYTES_OPTIONS);
    requireCount('workers', workers, 0);
    if (chunkBytes !== undefined) requireCount('chunkBytes', chunkBytes, 1);
    return { workers, chunkBytes, wide: isWide(rest, this.vocabSize) };
  }

  #nextId(): number {
    let next = this.#vocabulary.tokens.length;
    for (const id of this.#addedById.keys()) next = Math.max(next, id + 1);
    return next;
  }

  #register(tokens: readonly AddedToken[]): void {
    for (const token of tokens) {
      const { content } = token;
      const known = this.tokenToId(content);
      const id = known ?? token.id ?? this.#nextId();
      if (token.id !== undefined && token.id !== id)
        throw new RangeError(
          `wordpiece: cannot add "${content}" as ${token.id}: it is ${id} already.\n` +
            `Leave its id out, or check that the files belong together.`,
        );
      const owner = this.idToToken(id);
      if (owner !== undefined && owner !== content)
        throw new RangeError(
          `wordpiece: cannot add "${content}" as ${id}: that id belongs to "${owner}".\n` +
            `Leave its id out, or check that the files belong together.`,
        );
      const registered = registerToken(token, id);
      this.#addedById.set(id, registered);
      this.#addedByContent.set(content, registered);
    }
    this.#sequences.setAddedTokens([...this.#addedById.values()]);
  }
}
