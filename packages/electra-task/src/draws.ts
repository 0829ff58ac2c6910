// Where a task's random numbers come from: a key, or the draws of another run.
//
// Shapes: B batch, K slots.

import { type CallOptions, type RandomKey, scopedKey } from '@alectra/nn';
import type * as tf from '@tensorflow/tfjs-core';

/** Draws of another run, to be repeated; what is left out is drawn from the key. */
export interface GivenDraws {
  /** int32 `[B, K]`; live ones of a row differ, but with `google-with-replacement`. */
  readonly positions?: tf.Tensor2D;
  /** float32 `[B, K]`: 1 for live slots; all live if left out but `positions` is given. */
  readonly weights?: tf.Tensor2D;
  /** float32 `[B, K]`: 1 where [MASK] is shown. */
  readonly shown?: tf.Tensor2D;
  /** int32 `[B, K]`: the generator's samples. */
  readonly sampled?: tf.Tensor2D;
}

export interface LossOptions {
  /** Dropout on or off. Evaluation also draws from streams of its own. */
  readonly training: boolean;
  /**
   * Source of all draws, dropout included. In training its counter must move with every micro-batch; in
   * evaluation give the number of the held-out batch, so that every evaluation meets the same masks.
   */
  readonly key?: RandomKey;
  readonly given?: GivenDraws;
}

/**
 * The key of masking and sampling.
 *
 * @throws RangeError if there is none
 */
export function drawKey({ key, training }: LossOptions): RandomKey {
  return scopedKey(required(key), training ? 'task' : 'task-evaluation');
}

/**
 * Call options of one model. Dropout of two models comes from two scopes: the same bits in both would tie their noise.
 *
 * @throws RangeError in training without a key
 */
export function modelOptions({ key, training }: LossOptions, scope: string): CallOptions {
  return training ? { dropout: scopedKey(required(key), scope) } : {};
}

function required(key: RandomKey | undefined): RandomKey {
  if (key) return key;
  throw new RangeError(
    'electra-task: there is nothing to draw from: found no key, expected one ' +
      '(only evaluation with all draws given needs none).\n' +
      'Pass `key: { seed, counter }`, or `training: false` and `given` with positions, shown and sampled.',
  );
}
