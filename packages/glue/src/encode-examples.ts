// Examples as token ids, encoded once for all epochs.

import type { PairTokenizer } from './encoder.js';

/** An example as token ids. */
export interface EncodedExample {
  /** Row of the split. */
  readonly index: number;
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  /** Class or score; NaN where there is none. */
  readonly label: number;
}

/** What is read of an example. */
export interface LabelledText {
  readonly index: number;
  readonly text: string;
  readonly textPair?: string | undefined;
  readonly label?: number | undefined;
}

/**
 * Token ids of every example, `[CLS]` and `[SEP]` included.
 *
 * @param maxLength special tokens included; a longer pair loses tokens of its longer side
 */
export function encodeExamples(
  tokenizer: PairTokenizer,
  examples: readonly LabelledText[],
  { maxLength }: { readonly maxLength: number },
): EncodedExample[] {
  return examples.map(({ index, text, textPair, label = Number.NaN }) => {
    const { ids, typeIds } = tokenizer.encode(text, {
      ...(textPair !== undefined && { pair: textPair }),
      truncation: 'longest_first',
      maxLength,
    });
    return { index, ids: Int32Array.from(ids), typeIds: Int32Array.from(typeIds), label };
  });
}
