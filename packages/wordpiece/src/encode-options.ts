// The options of encoding, checked and with their defaults.

import type { Side, TruncationStrategy } from './truncation.js';

export interface EncodeOptions {
  /** A second text: `[CLS] text [SEP] pair [SEP]`. */
  readonly pair?: string;
  /** Put `[CLS]` before and `[SEP]` after. Default true. */
  readonly addSpecialTokens?: boolean;
  /**
   * Treat special tokens that occur in the text as ordinary text. Default: true if
   * `addSpecialTokens` is false (text of a corpus), false otherwise (Hugging Face's way).
   */
  readonly splitSpecialTokens?: boolean;
  /** Cut to `maxLength`. `true` is `'longest_first'`. Default false. */
  readonly truncation?: boolean | TruncationStrategy;
  /** Special tokens included. Default: the tokenizer's `modelMaxLength`. */
  readonly maxLength?: number;
  /** Tokens of each window that the next one repeats. Default 0. */
  readonly stride?: number;
  /** The side that is cut. Default right. */
  readonly truncationSide?: Side;
  /** Keep what was cut as further windows. Default false. */
  readonly returnOverflowing?: boolean;
  /**
   * `true` is `'longest'`, of a batch; `'max_length'` fills up to `maxLength`. Default false for one text; rows
   * of a batch are always filled up to the longest.
   */
  readonly padding?: boolean | 'longest' | 'max_length';
  /** Round the padded length up to a multiple of it. */
  readonly padToMultipleOf?: number;
  /** Default right. */
  readonly paddingSide?: Side;
  /** Record where each token came from, and its word. Default false. */
  readonly offsets?: boolean;
  /** Default `utf16`, which fits JavaScript's string indices; `codepoint` is what Python sees. */
  readonly offsetUnit?: OffsetUnit;
}

export type OffsetUnit = 'utf16' | 'codepoint' | 'byte';

export interface ResolvedEncodeOptions {
  readonly addSpecialTokens: boolean;
  readonly splitSpecialTokens: boolean;
  readonly truncation: TruncationStrategy | undefined;
  readonly maxLength: number;
  readonly stride: number;
  readonly truncationSide: Side;
  readonly returnOverflowing: boolean;
  readonly padding: 'longest' | 'max_length' | undefined;
  readonly padToMultipleOf: number | undefined;
  readonly paddingSide: Side;
  readonly offsets: boolean;
  readonly offsetUnit: OffsetUnit;
}

const KNOWN = [
  'pair',
  'addSpecialTokens',
  'splitSpecialTokens',
  'truncation',
  'maxLength',
  'stride',
  'truncationSide',
  'returnOverflowing',
  'padding',
  'padToMultipleOf',
  'paddingSide',
  'offsets',
  'offsetUnit',
];

/** @throws RangeError for unknown names and impossible values */
export function resolveEncodeOptions(
  options: EncodeOptions,
  modelMaxLength: number,
): ResolvedEncodeOptions {
  for (const name in options) if (!KNOWN.includes(name)) reject(name, 'not an option', KNOWN);
  const {
    addSpecialTokens = true,
    splitSpecialTokens = !addSpecialTokens,
    truncation = false,
    maxLength = modelMaxLength,
    stride = 0,
    truncationSide = 'right',
    returnOverflowing = false,
    padding = false,
    padToMultipleOf,
    paddingSide = 'right',
    offsets = false,
    offsetUnit = 'utf16',
  } = options;
  const strategy = truncation === true ? 'longest_first' : truncation || undefined;
  const fill = padding === true ? 'longest' : padding || undefined;
  oneOf('truncation', strategy, ['longest_first', 'only_first', 'only_second', undefined]);
  oneOf('padding', fill, ['longest', 'max_length', undefined]);
  oneOf('truncationSide', truncationSide, ['left', 'right']);
  oneOf('paddingSide', paddingSide, ['left', 'right']);
  oneOf('offsetUnit', offsetUnit, ['utf16', 'codepoint', 'byte']);
  natural('maxLength', maxLength, 0);
  natural('stride', stride, 0);
  if (padToMultipleOf !== undefined) natural('padToMultipleOf', padToMultipleOf, 1);
  return {
    addSpecialTokens,
    splitSpecialTokens,
    truncation: strategy,
    maxLength,
    stride,
    truncationSide,
    returnOverflowing,
    padding: fill,
    padToMultipleOf,
    paddingSide,
    offsets,
    offsetUnit,
  };
}

/** The length to pad to, of encodings of at most `longest` tokens; undefined without padding. */
export function paddedLength(
  { padding, padToMultipleOf = 1, maxLength }: ResolvedEncodeOptions,
  longest: number,
): number | undefined {
  if (padding === undefined) return undefined;
  const length = padding === 'longest' ? longest : maxLength;
  return Math.ceil(length / padToMultipleOf) * padToMultipleOf;
}

/**
 * The length of all rows of a batch, of at most `longest` tokens each: what `padding` asks for, but room for all.
 */
export function batchLength(
  { padding, padToMultipleOf = 1, maxLength }: ResolvedEncodeOptions,
  longest: number,
): number {
  const least = padding === 'max_length' ? Math.max(maxLength, longest) : longest;
  return Math.ceil(least / padToMultipleOf) * padToMultipleOf;
}

function natural(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    reject(name, `${value}`, [`an integer from ${least}`]);
}

function oneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) reject(name, `${value}`, allowed.filter(Boolean));
}

function reject(name: string, found: string, expected: readonly unknown[]): never {
  throw new RangeError(
    `wordpiece: bad encode option: ${name} is ${found}, expected ${expected.join(', ')}.\nCorrect the option.`,
  );
}
