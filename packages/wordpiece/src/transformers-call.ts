// The call of transformers.js on top of ours: snake_case options in, snake_case results out.

import type { WordPieceTokenizer } from './tokenizer.js';

export interface TransformersCallOptions {
  readonly text_pair?: string | readonly string[];
  readonly padding?: boolean | 'max_length';
  readonly add_special_tokens?: boolean;
  readonly truncation?: boolean;
  readonly max_length?: number;
}

/** Plain arrays, a row a text: what transformers.js returns with `return_tensor: false`. */
export interface TransformersCallResult {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly token_type_ids: number[][];
}

export type TransformersCall = (
  texts: string | readonly string[],
  options?: TransformersCallOptions,
) => TransformersCallResult;

/** A function that is called as a tokenizer of transformers.js is. */
export function asTransformersCall(tokenizer: WordPieceTokenizer): TransformersCall {
  return (texts, options = {}) => {
    const { text_pair, padding = false, truncation = false, max_length } = options;
    const rows = typeof texts === 'string' ? [texts] : texts;
    const pairs = typeof text_pair === 'string' ? [text_pair] : text_pair;
    const encodings = rows.map((text, row) =>
      tokenizer.encode(text, {
        pair: pairs?.[row],
        addSpecialTokens: options.add_special_tokens ?? true,
        splitSpecialTokens: false,
        truncation,
        maxLength: max_length,
        padding: padding === 'max_length' ? padding : false,
      }),
    );
    const longest = encodings.reduce((most, { length }) => Math.max(most, length), 0);
    const id = tokenizer.tokenToId(tokenizer.config.padToken) ?? 0;
    const padded = padding
      ? encodings.map((encoding) => encoding.pad({ id, length: longest, side: 'right' }))
      : encodings;
    return {
      input_ids: padded.map(({ ids }) => [...ids]),
      attention_mask: padded.map(({ attentionMask }) => [...attentionMask]),
      token_type_ids: padded.map(({ typeIds }) => [...typeIds]),
    };
  };
}
