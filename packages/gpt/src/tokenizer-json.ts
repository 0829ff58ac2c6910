// What GPT's tokenizer is made of, as tokenizer.json says it. The file may come from anywhere: what is not known to be
// a tokenizer of GPT's kind is refused, because it would give other ids than Hugging Face does.

import { WORD_END } from './byte-pairs.js';

/** What a tokenizer is made of. */
export interface TokenizerParts {
  /** Piece → id. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs of pieces, earliest rule first. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly unkToken?: string;
  /** Special tokens, which are found in the text as they stand, before anything else: text → id. */
  readonly addedTokens?: Readonly<Record<string, number>>;
  /** Longest sequence of the model, for its users: `encode` cuts at `maxLength` only. */
  readonly modelMaxLength?: number;
}

/** Any JSON value, to be asked for its members. */
type Json = { readonly [key: string]: Json | undefined } | null | undefined;

/**
 * The parts of a parsed tokenizer.json.
 *
 * @throws RangeError unless it is a GPT tokenizer: BPE with `</w>`, BERT's lower-casing normalizer and pre-tokenizer
 */
export function readTokenizerJson(json: unknown): TokenizerParts {
  const { model, normalizer, pre_tokenizer: splitter, ...rest } = (json ?? {}) as NonNullable<Json>;
  const wanted: readonly (readonly [what: string, found: unknown, expected: unknown])[] = [
    ['model.type', model?.type ?? 'BPE', 'BPE'],
    ['model.end_of_word_suffix', model?.end_of_word_suffix, WORD_END],
    ['model.continuing_subword_prefix', model?.continuing_subword_prefix || '', ''],
    ['model.fuse_unk', model?.fuse_unk ?? false, false],
    ['model.byte_fallback', model?.byte_fallback ?? false, false],
    ['model.ignore_merges', model?.ignore_merges ?? false, false],
    ['model.dropout', model?.dropout || null, null],
    ['normalizer.type', normalizer?.type, 'BertNormalizer'],
    ['normalizer.lowercase', normalizer?.lowercase, true],
    ['normalizer.clean_text', normalizer?.clean_text ?? true, true],
    ['normalizer.handle_chinese_chars', normalizer?.handle_chinese_chars ?? true, true],
    ['normalizer.strip_accents', normalizer?.strip_accents ?? true, true],
    ['pre_tokenizer.type', splitter?.type, 'BertPreTokenizer'],
  ];
  for (const [what, found, expected] of wanted)
    if (found !== expected) throw another(what, found, JSON.stringify(expected));

  if (insertsTokens(rest.post_processor))
    throw another('post_processor', rest.post_processor, 'none, or one that inserts no tokens');

  const [vocab, unkToken]: unknown[] = [model?.vocab, model?.unk_token];
  if (!isRecord(vocab)) throw another('model.vocab', vocab, 'an object of ids by piece');
  if (typeof unkToken !== 'string') throw another('model.unk_token', unkToken, 'a string');
  return {
    vocab: vocab as Record<string, number>, // ids: checked by the tokenizer
    merges: listOf('model.merges', model?.merges).map(readRule),
    unkToken,
    addedTokens: Object.fromEntries(listOf('added_tokens', rest.added_tokens ?? []).map(readAdded)),
  };
}

/** transformers writes a template that joins a text and its pair; its only tokens are special ones. */
function insertsTokens(processor: Json): boolean {
  if (processor === null || processor === undefined) return false;
  const special = processor.special_tokens as unknown;
  const isPlain = isRecord(special) && Object.keys(special).length === 0;
  return processor.type !== ('TemplateProcessing' as unknown) || !isPlain;
}

/** A rule as one string, "left right". @throws RangeError for anything else */
export function splitRule(rule: string): [string, string] {
  const [left, right, ...rest] = rule.split(' ');
  if (left && right && rest.length === 0) return [left, right];
  throw noRule(rule);
}

/** @throws RangeError for text that is no JSON object */
export function parseObject(text: string, name: string): Record<string, unknown> {
  const refuse = (found: string, cause?: unknown): RangeError =>
    new RangeError(
      `gpt: cannot read ${name}: found ${found}, expected a JSON object.\nDownload the file again.`,
      { cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(`no JSON (${(cause as Error).message})`, cause);
  }
  if (isRecord(value)) return value;
  throw refuse(shorten(value));
}

function readRule(rule: unknown): [string, string] {
  if (typeof rule === 'string') return splitRule(rule);
  if (!Array.isArray(rule) || rule.length !== 2) throw noRule(rule);
  const [left, right]: unknown[] = rule;
  if (typeof left === 'string' && typeof right === 'string' && left && right) return [left, right];
  throw noRule(rule);
}

function noRule(rule: unknown): RangeError {
  return new RangeError(
    `gpt: cannot read a merge: found ${shorten(rule)}, expected two pieces with a space between.\n` +
      'Download the file again.',
  );
}

function readAdded(token: unknown): [content: string, id: number] {
  const { content, id, ...settings } = (token ?? {}) as NonNullable<Json>;
  const { lstrip, rstrip, single_word: single, normalized, special } = settings;
  if (typeof content !== 'string' || content === '')
    throw another('content of an added token', content, 'some text');
  if (lstrip || rstrip || single || normalized || special === (false as unknown))
    throw new RangeError(
      `gpt: cannot read tokenizer.json: the added token ${shorten(content)} is normalized, stripped, a single word or not special.\n` +
        'Add it as a special token, without such settings.',
    );
  return [content, id as unknown as number]; // checked by the tokenizer
}

function listOf(what: string, found: unknown): unknown[] {
  if (Array.isArray(found)) return found;
  throw another(what, found, 'a list');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function another(what: string, found: unknown, expected: string): RangeError {
  return new RangeError(
    `gpt: cannot read tokenizer.json: '${what}' is ${shorten(found)}, expected ${expected}.\n` +
      'Only the tokenizer of GPT (2018) is known here; load others with the library that made them.',
  );
}

/** A value for a message: whole files do not belong there. */
function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
