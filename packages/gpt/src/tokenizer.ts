// The tokenizer of GPT (Radford et al. 2018), as Hugging Face's OpenAIGPTTokenizer: words in lower case without
// accents, split as BERT's are, and each encoded by byte pairs.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ResolveOptions, resolveModel } from '@alectra/checkpoint';
import { BytePairs, WORD_END } from './byte-pairs.js';
import { readTokenizerFolder, tokenizerFiles } from './tokenizer-files.js';
import { readTokenizerJson, type TokenizerParts } from './tokenizer-json.js';
import { splitWords } from './words.js';

/** No id is larger. */
const MAX_ID = 2 ** 25;
/** Words whose ids are kept, as many as Hugging Face keeps. */
const REMEMBERED = 10_000;

export interface GptEncodeOptions {
  /** A second text, whose ids follow those of the first; GPT has no token between. */
  readonly pair?: string;
  /** Most ids of the result, from 0; the longer text is cut first, at its end. Default: no limit. */
  readonly maxLength?: number;
}

/** Sequences of one length, as models take them. */
export interface GptBatch {
  /** `[B * S]` */
  readonly inputIds: Int32Array;
  /** `[B * S]`: 1 for a token, 0 for padding */
  readonly attentionMask: Int32Array;
  readonly shape: readonly [batch: number, sequence: number];
}

export class OpenAIGPTTokenizer {
  readonly unkToken: string;
  /** Longest sequence of the model, if the files say so; else Infinity. */
  readonly modelMaxLength: number;
  readonly #parts: TokenizerParts;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #tokens: string[] = [];
  readonly #pairs: BytePairs;
  readonly #added: ReadonlyMap<string, number>;
  readonly #remembered = new Map<string, readonly number[]>();

  /**
   * @throws RangeError for ids that are no whole numbers, merges outside the vocabulary, two tokens of one id, two ids
   *   of one token, an empty token, and a vocabulary without `unkToken`
   */
  constructor(parts: TokenizerParts) {
    const { vocab, merges, unkToken = '<unk>', addedTokens = {}, modelMaxLength } = parts;
    const ids = new Map(Object.entries(vocab));
    for (const [piece, id] of [...ids, ...Object.entries(addedTokens)]) checkId(piece, id);
    const unknown = ids.get(unkToken);
    if (unknown === undefined)
      throw new RangeError(
        `gpt: cannot make a tokenizer: the vocabulary has no "${unkToken}".\nName its unknown token as \`unkToken\`.`,
      );
    this.unkToken = unkToken;
    this.modelMaxLength = modelMaxLength ?? Number.POSITIVE_INFINITY;
    this.#parts = parts;
    this.#pairs = new BytePairs(ids, merges, unknown);
    // longest first, so that a token wins over its own beginning
    const added = Object.entries({ [unkToken]: unknown, ...addedTokens });
    for (const [token, id] of added) checkAdded(token, id, ids.get(token));
    this.#added = new Map(added.sort(([a], [b]) => b.length - a.length));
    this.#ids = new Map([...ids, ...this.#added]);
    for (const [token, id] of this.#ids) {
      const other = this.#tokens[id];
      if (other !== undefined)
        throw new RangeError(
          `gpt: cannot make a tokenizer: "${other}" and "${token}" both have the id ${id}.\nGive each its own.`,
        );
      this.#tokens[id] = token;
    }
  }

  /** From the content of a tokenizer.json. */
  static fromTokenizerJson(json: unknown): OpenAIGPTTokenizer {
    return new OpenAIGPTTokenizer(readTokenizerJson(json));
  }

  /**
   * From a folder with tokenizer.json, or vocab.json and merges.txt; or from a model on the hub.
   *
   * @throws Error if there are no such files, RangeError for files of another tokenizer; and as `resolveModel` of
   *   `@alectra/checkpoint`
   */
  static async fromPretrained(name: string, source?: ResolveOptions): Promise<OpenAIGPTTokenizer> {
    return new OpenAIGPTTokenizer(await readTokenizerFolder(await resolveModel(name, source)));
  }

  /** One more than the largest id. */
  get vocabSize(): number {
    return this.#tokens.length;
  }

  tokenToId(token: string): number | undefined {
    return this.#ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#tokens[id];
  }

  /** The pieces of a text. */
  tokenize(text: string): string[] {
    return this.#encode(text).map((id) => this.#tokens[id]);
  }

  /** Token ids of a text, or of a text and its pair. @throws RangeError for a `maxLength` that is no length */
  encode(text: string, { pair, maxLength }: GptEncodeOptions = {}): Int32Array {
    const first = this.#encode(text);
    const second = pair === undefined ? [] : this.#encode(pair);
    const [m, n] = cut(first.length, second.length, maxLength);
    return Int32Array.from([...first.slice(0, m), ...second.slice(0, n)]);
  }

  /**
   * Several texts, padded to the longest of them, at the end.
   *
   * @param options `maxLength` as of `encode`; `padTokenId` of the model's config, default 0
   */
  encodeBatch(
    texts: readonly (string | readonly [text: string, pair: string])[],
    {
      maxLength,
      padTokenId = 0,
    }: { readonly maxLength?: number; readonly padTokenId?: number } = {},
  ): GptBatch {
    const rows = texts.map((text) => {
      const [first, pair] = typeof text === 'string' ? [text] : text;
      return this.encode(first, { pair, maxLength });
    });
    const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
    const inputIds = new Int32Array(rows.length * longest).fill(padTokenId);
    const attentionMask = new Int32Array(rows.length * longest);
    for (const [b, row] of rows.entries()) {
      inputIds.set(row, b * longest);
      attentionMask.fill(1, b * longest, b * longest + row.length);
    }
    return { inputIds, attentionMask, shape: [rows.length, longest] };
  }

  /** The text of ids: lower case, a space after every word. Ids beyond the vocabulary are left out. */
  decode(
    ids: ArrayLike<number>,
    { skipSpecialTokens = false }: { readonly skipSpecialTokens?: boolean } = {},
  ): string {
    const tokens = Array.from(ids, (id) => this.#tokens[id]).filter(
      (token) => token !== undefined && !(skipSpecialTokens && this.#added.has(token)),
    );
    const last = tokens.length - 1;
    return tokens.map((token, i) => token.replaceAll(WORD_END, i === last ? '' : ' ')).join('');
  }

  /** The tokenizer's files by name, for `savePretrained` of a model. */
  files(): Record<string, string> {
    const { vocab, merges } = this.#parts;
    return tokenizerFiles({
      vocab,
      merges,
      unkToken: this.unkToken,
      addedTokens: Object.fromEntries(this.#added),
      modelMaxLength: this.modelMaxLength,
    });
  }

  /** Writes the tokenizer's files into a folder, which Hugging Face's libraries load. */
  async save(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(this.files()))
      await writeFile(join(folder, name), text);
  }

  #encode(text: string): number[] {
    const ids: number[] = [];
    let start = 0;
    for (let at = 0; at < text.length; ) {
      const token = this.#addedAt(text, at);
      if (token === undefined) {
        at++;
        continue;
      }
      this.#encodePlain(text.slice(start, at), ids);
      ids.push(this.#added.get(token) as number); // addedAt found it there
      at += token.length;
      start = at;
    }
    this.#encodePlain(text.slice(start), ids);
    return ids;
  }

  #addedAt(text: string, at: number): string | undefined {
    for (const token of this.#added.keys()) if (text.startsWith(token, at)) return token;
    return undefined;
  }

  #encodePlain(text: string, ids: number[]): void {
    for (const word of splitWords(text)) {
      let found = this.#remembered.get(word);
      if (!found) {
        found = this.#pairs.encode(word);
        if (this.#remembered.size < REMEMBERED) this.#remembered.set(word, found);
      }
      for (const id of found) ids.push(id);
    }
  }
}

function checkId(piece: string, id: unknown): void {
  if (Number.isInteger(id) && (id as number) >= 0 && (id as number) <= MAX_ID) return;
  throw new RangeError(
    `gpt: cannot use the vocabulary: the id of ${JSON.stringify(piece)} is ${JSON.stringify(id)}, ` +
      `expected an integer from 0 to ${MAX_ID}.\nDownload the file again.`,
  );
}

/** An empty token would be found everywhere; one with two ids could not be decoded. */
function checkAdded(token: string, id: number, inVocabulary: number | undefined): void {
  if (token !== '' && (inVocabulary ?? id) === id) return;
  const found = token === '' ? 'is empty' : `has the id ${inVocabulary} in the vocabulary`;
  throw new RangeError(
    `gpt: cannot make a tokenizer: the added token ${JSON.stringify(token)} (${id}) ${found}.\n` +
      'Leave it out, or add it with the id that it has.',
  );
}

/** How much of two texts fits: the longer one is cut first (`longest_first` of Hugging Face's Rust code). */
function cut(m: number, n: number, maxLength: number | undefined): readonly [number, number] {
  if (maxLength === undefined) return [m, n];
  if (!Number.isSafeInteger(maxLength) || maxLength < 0)
    throw new RangeError(
      `gpt: cannot cut a text: \`maxLength\` is ${maxLength}, expected a whole number from 0.\n` +
        'Leave it out to keep all tokens.',
    );
  if (m + n <= maxLength) return [m, n];
  if (n === 0) return [maxLength, 0];
  let short = Math.min(m, n);
  let long = Math.max(short, maxLength - short);
  if (short + long > maxLength) {
    short = Math.floor(maxLength / 2);
    long = maxLength - short;
  }
  return m > n ? [long, short] : [short, long];
}
