// Parameters and batches: what every model function takes.
//
// Shapes: B batch, S sequence.

import type * as tf from '@tensorflow/tfjs-core';
import type { RandomKey } from './random-bits.js';

/** Parameters by their exact Hugging Face state-dict name, in its layout: a linear weight is `[out, in]`. */
export type Params = Readonly<Record<string, tf.Tensor>>;

/** One batch of token sequences. */
export interface TokenBatch {
  /** int32 `[B, S]` */
  readonly inputIds: tf.Tensor2D;
  /** int32 `[B, S]`: 1 for a token, 0 for padding */
  readonly attentionMask: tf.Tensor2D;
  /** int32 `[B, S]`: segment of each token */
  readonly tokenTypeIds: tf.Tensor2D;
}

/** How to run a model. */
export interface CallOptions {
  /** Present: training, with the dropout rates of the config drawn from this key. Absent: no dropout. */
  readonly dropout?: RandomKey;
}

/** How to run an encoder. */
export interface EncodeOptions extends CallOptions {
  /** Which positions' outputs are wanted: `first` is less work, and enough below a head that reads no other. */
  readonly positions?: 'all' | 'first';
  /** What a position sees beside itself, default both sides. */
  readonly sees?: Sight;
}

/** The tokens on both sides of a position, before it, or after it. */
export type Sight = 'both' | 'past' | 'future';

/**
 * The parameter of that name.
 *
 * @throws RangeError when there is none
 */
export function parameter<T extends tf.Tensor = tf.Tensor>(params: Params, name: string): T {
  const tensor = params[name];
  if (tensor === undefined) {
    const last = name.slice(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
    const near = Object.keys(params).filter((key) => key.endsWith(last));
    throw new RangeError(
      `nn: no parameter '${name}': found ${Object.keys(params).length} others` +
        `${near.length > 0 ? `, among them ${near.slice(0, 3).join(', ')}` : ''}.\n` +
        'Pass the whole record of the model that the config describes, with Hugging Face names.',
    );
  }
  return tensor as T; // the caller states the rank, which the operations check
}
