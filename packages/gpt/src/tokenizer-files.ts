// GPT's tokenizer as files: tokenizer.json, or the older pair of vocab.json and merges.txt.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WORD_END } from './byte-pairs.js';

/** What a tokenizer is made of. */
export interface TokenizerParts {
  /** Piece → id. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs of pieces, earliest rule first. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly unkToken?: string;
  /** Tokens that are found in the text as they stand, before anything else: text → id. */
  readonly addedTokens?: Readonly<Record<string, number>>;
  /** Longest sequence, for `encode` with `truncation`. */
  readonly modelMaxLength?: number;
}

/** @throws Error if there are no such files, RangeError for files of another tokenizer */
export async function readTokenizerFolder(folder: string): Promise<TokenizerParts> {
  const read = (name: string): Promise<string | undefined> =>
    readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  const settings = parseObject(
    (await read('tokenizer_config.json')) ?? '{}',
    'tokenizer_config.json',
  );
  const { model_max_length: longest } = settings;
  // Hugging Face writes 1e30 for no limit
  const limit = typeof longest === 'number' && longest < 2 ** 31 ? longest : undefined;
  const json = await read('tokenizer.json');
  if (json !== undefined) return { ...readTokenizerJson(JSON.parse(json)), modelMaxLength: limit };
  const [vocab, merges] = [await read('vocab.json'), await read('merges.txt')];
  if (vocab === undefined || merges === undefined)
    throw new Error(
      `gpt: cannot load a tokenizer from ${folder}: neither tokenizer.json nor vocab.json with merges.txt is there.\n` +
        "Pass the folder that holds the tokenizer's files.",
    );
  return {
    vocab: checkVocabulary(parseObject(vocab, 'vocab.json')),
    merges: readMerges(merges),
    modelMaxLength: limit,
  };
}

/**
 * The parts of a parsed tokenizer.json.
 *
 * @throws RangeError unless it is a GPT tokenizer: BPE with `</w>`, BERT's lower-casing normalizer and pre-tokenizer
 */
export function readTokenizerJson(json: unknown): TokenizerParts {
  const { model, normalizer, pre_tokenizer: splitter, added_tokens: added } = json as TokenizerJson;
  const wanted: readonly (readonly [what: string, found: unknown, expected: unknown])[] = [
    ['model.type', model?.type ?? 'BPE', 'BPE'],
    ['model.end_of_word_suffix', model?.end_of_word_suffix, WORD_END],
    ['model.continuing_subword_prefix', model?.continuing_subword_prefix || '', ''],
    ['model.fuse_unk', model?.fuse_unk ?? false, false],
    ['model.byte_fallback', model?.byte_fallback ?? false, false],
    ['normalizer.type', normalizer?.type, 'BertNormalizer'],
    ['normalizer.lowercase', normalizer?.lowercase, true],
    ['normalizer.clean_text', normalizer?.clean_text ?? true, true],
    ['normalizer.handle_chinese_chars', normalizer?.handle_chinese_chars ?? true, true],
    ['normalizer.strip_accents', normalizer?.strip_accents ?? true, true],
    ['pre_tokenizer.type', splitter?.type, 'BertPreTokenizer'],
  ];
  for (const [what, found, expected] of wanted) {
    if (found === expected) continue;
    throw new RangeError(
      `gpt: cannot read tokenizer.json: '${what}' is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}.\n` +
        'Only the tokenizer of GPT (2018) is known here; load others with the library that made them.',
    );
  }
  const addedTokens: [string, number][] = (added ?? []).map((token) => {
    const { content, id, lstrip, rstrip, single_word: single, normalized } = token;
    if (!lstrip && !rstrip && !single && !normalized) return [content, id];
    throw new RangeError(
      `gpt: cannot read tokenizer.json: the added token "${content}" is normalized, stripped or a single word.\n` +
        'Add it as a special token, without such settings.',
    );
  });
  return {
    vocab: checkVocabulary(model?.vocab ?? {}),
    merges: (model?.merges ?? []).map((rule) =>
      typeof rule === 'string' ? splitRule(rule) : rule,
    ),
    unkToken: model?.unk_token ?? undefined,
    addedTokens: Object.fromEntries(addedTokens),
  };
}

/** The files of a tokenizer by name, for any Hugging Face library. */
export function tokenizerFiles(parts: Required<TokenizerParts>): Record<string, string> {
  const { vocab, merges, unkToken, addedTokens, modelMaxLength } = parts;
  const json: TokenizerJson & Record<string, unknown> = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.entries(addedTokens).map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'BPEDecoder', suffix: WORD_END },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unkToken,
      continuing_subword_prefix: '',
      end_of_word_suffix: WORD_END,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
  const settings = {
    tokenizer_class: 'OpenAIGPTTokenizer',
    unk_token: unkToken,
    ...(Number.isFinite(modelMaxLength) && { model_max_length: modelMaxLength }),
  };
  const rules = merges.map((rule) => rule.join(' '));
  return {
    'tokenizer.json': `${JSON.stringify(json, null, 2)}\n`,
    'tokenizer_config.json': `${JSON.stringify(settings, null, 2)}\n`,
    'vocab.json': `${JSON.stringify(vocab)}\n`,
    'merges.txt': `${['#version: 0.2', ...rules].join('\n')}\n`,
  };
}

/** The parts of a tokenizer.json that are read. */
interface TokenizerJson {
  readonly model?: {
    readonly type?: string;
    readonly vocab?: Readonly<Record<string, unknown>>;
    readonly merges?: readonly (string | readonly [string, string])[];
    readonly unk_token?: string | null;
    readonly end_of_word_suffix?: string | null;
    readonly continuing_subword_prefix?: string | null;
    readonly fuse_unk?: boolean;
    readonly byte_fallback?: boolean;
    readonly [other: string]: unknown;
  };
  readonly normalizer?: Readonly<Record<string, unknown>> | null;
  readonly pre_tokenizer?: Readonly<Record<string, unknown>> | null;
  readonly added_tokens?: readonly {
    readonly id: number;
    readonly content: string;
    readonly single_word?: boolean;
    readonly lstrip?: boolean;
    readonly rstrip?: boolean;
    readonly normalized?: boolean;
    readonly special?: boolean;
  }[];
}

/** Lines of merges.txt: two pieces each; the first line and empty ones say nothing. */
function readMerges(text: string): [string, string][] {
  return text
    .split('\n')
    .filter((line, i) => line.trim() !== '' && !(i === 0 && line.startsWith('#version')))
    .map((line) => splitRule(line.trimEnd()));
}

function splitRule(rule: string): [string, string] {
  const [left, right, ...rest] = rule.split(' ');
  if (left && right && rest.length === 0) return [left, right];
  throw new RangeError(
    `gpt: cannot read a merge: found ${JSON.stringify(rule)}, expected two pieces with a space between.\n` +
      'Download the file again.',
  );
}

function checkVocabulary(vocab: Readonly<Record<string, unknown>>): Record<string, number> {
  for (const [piece, id] of Object.entries(vocab)) {
    if (Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 25) continue;
    throw new RangeError(
      `gpt: cannot use the vocabulary: the id of ${JSON.stringify(piece)} is ${JSON.stringify(id)}, ` +
        'expected an integer from 0.\nDownload the file again.',
    );
  }
  return vocab as Record<string, number>; // all checked
}

function parseObject(text: string, name: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new RangeError(
    `gpt: cannot read ${name}: expected a JSON object.\nDownload the file again.`,
  );
}
