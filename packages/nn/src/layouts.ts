// Layouts of the commonest parts, for parameter tables.

import type { Initializer, ParameterLayout, ParameterShape } from './initialize.js';

/**
 * A linear layer: weight `[outputs, inputs]` and bias `[outputs]`.
 *
 * @param google distribution of the weight in Google's scheme, where it is another
 */
export function linearLayout(
  name: string,
  inputs: number,
  outputs: number,
  google?: Initializer,
): ParameterLayout {
  return {
    [`${name}.weight`]: { shape: [outputs, inputs], init: 'linear', ...(google && { google }) },
    [`${name}.bias`]: { shape: [outputs], init: 'zeros' },
  };
}

/** A LayerNorm over `size` values. */
export function normLayout(name: string, size: number): ParameterLayout {
  return {
    [`${name}.weight`]: { shape: [size], init: 'ones' },
    [`${name}.bias`]: { shape: [size], init: 'zeros' },
  };
}

export interface EmbeddingSizes {
  readonly vocabSize: number;
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  readonly padTokenId: number;
}

/** The tables of `tokenEmbeddings` and their LayerNorm, `width` wide. */
export function tokenEmbeddingsLayout(
  name: string,
  width: number,
  sizes: EmbeddingSizes,
): ParameterLayout {
  const table = (rows: number): ParameterShape => ({ shape: [rows, width], init: 'normal' });
  return {
    [`${name}.word_embeddings.weight`]: { ...table(sizes.vocabSize), zeroRow: sizes.padTokenId },
    [`${name}.position_embeddings.weight`]: {
      ...table(sizes.maxPositionEmbeddings),
      init: 'position',
    },
    [`${name}.token_type_embeddings.weight`]: table(sizes.typeVocabSize),
    ...normLayout(`${name}.LayerNorm`, width),
  };
}
