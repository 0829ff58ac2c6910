// The call of transformers.js on top of ours: snake_case options in, snake_case results out.

import { requireTexts } from './arguments.js';
import { requireFlags, requireKnown, requireOneOf } from './option-checks.js';
import type { WordPieceTokenizer } from './tokenizer.js';

export interface TransformersCallOptions {
  readonly text_pair?: string | readonly string[] | null;
  readonly padding?: boolean | 'max_length';
  readonly add_special_tokens?: boolean;
  readonly truncation?: boolean | null;
  readonly max_length?: number | null;
  /** Tensors are the caller's to make. */
  readonly return_tensor?: false;
}

/** Plain arrays: what transformers.js returns with `return_tensor: false`. */
export interface TransformersCallResult<Row> {
  readonly input_ids: Row;
  readonly attention_mask: Row;
  readonly token_type_ids: Row;
}

export interface TransformersCall {
  (text: string, options?: TransformersCallOptions): TransformersCallResult<number[]>;
  (texts: readonly string[], options?: TransformersCallOptions): TransformersCallResult<number[][]>;
}

const OPTIONS = ['padding', 'add_special_tokens', 'truncation', 'max_length', 'return_tensor'];

/**
 * A function that is called as a tokenizer of transformers.js is: rows for a list, one row for a text.
 *
 * It throws a TypeError unless the texts are strings, and a RangeError for unknown or impossible options.
 */
export function asTransformersCall(tokenizer: WordPieceTokenizer): TransformersCall {
  function call(text: string, options?: TransformersCallOptions): TransformersCallResult<number[]>;
  function call(
    texts: readonly string[],
    options?: TransformersCallOptions,
  ): TransformersCallResult<number[][]>;
  function call(
    texts: string | readonly string[],
    { text_pair, ...options }: TransformersCallOptions = {},
  ): TransformersCallResult<number[]> | TransformersCallResult<number[][]> {
    checkOptions(options);
    if (typeof text_pair !== 'string') requireTexts(text_pair ?? [], 'text_pair');
    if (typeof texts !== 'string') return encodeRows(tokenizer, texts, text_pair ?? [], options);
    const pairs = typeof text_pair === 'string' ? [text_pair] : (text_pair ?? []);
    const { input_ids, attention_mask, token_type_ids } = encodeRows(
      tokenizer,
      [texts],
      pairs,
      options,
    );
    return {
      input_ids: input_ids[0],
      attention_mask: attention_mask[0],
      token_type_ids: token_type_ids[0],
    };
  }
  return call;
}

function checkOptions(options: Omit<TransformersCallOptions, 'text_pair'>): void {
  requireKnown(options, ['text_pair', ...OPTIONS]);
  requireFlags(options, ['add_special_tokens']);
  requireOneOf('padding', options.padding ?? false, [true, false, 'max_length']);
  requireOneOf('truncation', options.truncation ?? false, [true, false]);
  // no tensor is made, so nobody should believe to have one
  requireOneOf('return_tensor', options.return_tensor ?? false, [false]);
}

function encodeRows(
  tokenizer: WordPieceTokenizer,
  texts: readonly string[],
  pairs: string | readonly string[],
  options: Omit<TransformersCallOptions, 'text_pair'>,
): TransformersCallResult<number[][]> {
  requireTexts(texts);
  if (pairs.length > 0 && (typeof pairs === 'string' || pairs.length !== texts.length))
    throw new RangeError(
      `wordpiece: bad argument: text_pair has ${pairs.length} entries, expected a list of ${texts.length}, one a text.\n` +
        `Pass both lists in the same length.`,
    );
  const { add_special_tokens = true, padding = false, truncation, max_length } = options;
  const encodings = texts.map((text, row) =>
    tokenizer.encode(text, {
      pair: pairs[row],
      addSpecialTokens: add_special_tokens,
      splitSpecialTokens: false,
      truncation: truncation ?? false,
      maxLength: max_length ?? undefined,
      padding: padding === 'max_length' ? padding : false,
    }),
  );
  const length = encodings.reduce((most, encoding) => Math.max(most, encoding.length), 0);
  const id = tokenizer.tokenToId(tokenizer.config.padToken) ?? 0;
  const rows = padding
    ? encodings.map((encoding) => encoding.pad({ id, length, side: 'right' }))
    : encodings;
  return {
    input_ids: rows.map(({ ids }) => [...ids]),
    attention_mask: rows.map(({ attentionMask }) => [...attentionMask]),
    token_type_ids: rows.map(({ typeIds }) => [...typeIds]),
  };
}
