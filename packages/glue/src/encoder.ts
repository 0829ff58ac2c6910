// What fine-tuning asks of a model and of a tokenizer. Any sequence classifier with pure functions will do.
//
// Shapes: B batch, S sequence, L labels, H features.

import type * as tf from '@tensorflow/tfjs-core';

/** Parameters by name. */
export type Params = Readonly<Record<string, tf.Tensor>>;

/** One batch of token sequences. */
export interface TokenBatch {
  /** int32 `[B, S]` */
  readonly inputIds: tf.Tensor2D;
  /** int32 `[B, S]`: 1 for a token, 0 for padding */
  readonly attentionMask: tf.Tensor2D;
  /** int32 `[B, S]`: 0 for the first sentence, 1 for the second */
  readonly tokenTypeIds: tf.Tensor2D;
}

/** Where dropout draws from: int32 scalars. */
export interface RandomKey {
  readonly seed: tf.Scalar;
  readonly counter: tf.Scalar;
}

/** A classifier of sentences or pairs of them. Pure: parameters are arguments, so it can be traced and differentiated. */
export interface SentenceEncoder {
  /**
   * Logits `[B, L]`, or `[B, 1]` for a score; the caller disposes.
   *
   * @param options with `dropout`: training, with the rates of the model's config
   */
  logits(
    params: Params,
    inputs: TokenBatch,
    options?: { readonly dropout?: RandomKey },
  ): tf.Tensor2D;
}

/** Frozen features of sentences, for probing. */
export interface FeatureEncoder {
  /** `[B, H]`; the caller disposes. */
  features(params: Params, inputs: TokenBatch): tf.Tensor2D;
}

/** `[CLS] text [SEP] pair [SEP]`; what is too long is cut from the longer of the two, token by token. */
export interface PairTokenizer {
  encode(
    text: string,
    options: {
      readonly pair?: string;
      readonly truncation: 'longest_first';
      readonly maxLength: number;
    },
  ): { readonly ids: ArrayLike<number>; readonly typeIds: ArrayLike<number> };
}
