// Which tokens the generator has to guess (ELECTRA, Clark et al. 2020, §2 and appendix A).
//
// Every row has the same number of slots, so that the graph has one shape. A slot that is not needed is dead: weight
// 0, position 0, id 0; nothing is ever written through it. Ids pass through float32, exact below 2^24.
//
// Shapes: B batch, S sequence, K slots.

import { type RandomKey, randomBits, randomUniform, type TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { TaskTokens } from './models.js';
import type { MaskSelection } from './settings.js';

export type Slots = {
  /** int32 `[B, K]` */
  readonly positions: tf.Tensor2D;
  /** float32 `[B, K]`: 1 for a live slot, 0 for a dead one */
  readonly weights: tf.Tensor2D;
};

export interface SelectionOptions {
  readonly selection: MaskSelection;
  readonly probability: number;
  /** K. */
  readonly slots: number;
  readonly tokens: TaskTokens;
}

/** The largest key, exclusive: keys are 23 random bits plus one, so that 0 can mean "not a candidate". */
const KEYS = 2 ** 23;

/** Positions to guess. The caller disposes them. */
export function selectSlots(
  { inputIds, attentionMask }: TokenBatch,
  key: RandomKey,
  options: SelectionOptions,
): Slots {
  return tf.tidy(() => {
    const candidates = maskable(inputIds, attentionMask, options.tokens); // [B, S]
    if (options.selection === 'google-with-replacement')
      return withReplacement(candidates, attentionMask, key, options);

    const bits = randomBits<tf.Tensor2D>(key, 'positions', inputIds.shape);
    let keys: tf.Tensor2D = tf.mul(tf.add(tf.cast(bits, 'float32'), 1), candidates);
    if (options.selection === 'bernoulli') {
      const chosen = tf.less(bits, Math.round(options.probability * KEYS));
      keys = tf.mul(keys, tf.cast(chosen, 'float32'));
    }
    // The largest keys of a row are a sample without replacement; 0 keys come last, and are dead.
    const { values, indices } = tf.topk(keys, options.slots);
    let live = tf.cast(tf.greater<tf.Tensor2D>(values, 0), 'float32');
    if (options.selection === 'fixedK') live = tf.mul(live, firstSlots(attentionMask, options));
    return { positions: liveOnly(indices, live), weights: live };
  });
}

/** 1 for the tokens that may be chosen, float32 `[B, S]`: no padding, no special token. */
export function maskable(
  inputIds: tf.Tensor2D,
  attentionMask: tf.Tensor2D,
  { neverMasked }: TaskTokens,
): tf.Tensor2D {
  return tf.tidy(() => {
    let candidates: tf.Tensor2D = tf.cast(attentionMask, 'bool');
    for (const id of neverMasked)
      candidates = tf.logicalAnd(candidates, tf.notEqual(inputIds, tf.scalar(id, 'int32')));
    return tf.cast(candidates, 'float32');
  });
}

/**
 * The batch with [MASK] at the slots: ids int32 `[B, S]`, which the caller disposes.
 *
 * @param shown float32 `[B, K]`: 1 where the slot shows [MASK], 0 where it keeps its token; all 1 if left out
 */
export function maskIds(
  inputIds: tf.Tensor2D,
  atSlot: tf.Tensor3D,
  tokens: TaskTokens,
  shown?: tf.Tensor2D,
): tf.Tensor2D {
  return tf.tidy(() => {
    const [B, S] = inputIds.shape;
    const hidden = shown ? tf.mul(atSlot, tf.expandDims(shown, 2)) : atSlot;
    const isHidden = tf.greater(tf.sum(hidden, 1), 0);
    return tf.where(isHidden, tf.fill([B, S], tokens.mask, 'int32'), inputIds);
  });
}

/** 1 where a slot shows [MASK]: float32 `[B, K]`. */
export function drawShown(
  key: RandomKey,
  shape: [number, number],
  probability: number,
): tf.Tensor2D {
  return tf.tidy(() => {
    const u = randomUniform<tf.Tensor2D>(key, 'show-mask', shape);
    return tf.cast(tf.less<tf.Tensor2D>(u, probability), 'float32');
  });
}

/** 1 where slot k of a row is live and stands at position s: float32 `[B, K, S]`. */
export function slotMap({ positions, weights }: Slots, length: number): tf.Tensor3D {
  return tf.tidy(() => {
    const here = tf.equal(tf.expandDims(positions, 2), tf.range(0, length, 1, 'int32'));
    return tf.mul(tf.cast(here, 'float32'), tf.expandDims(weights, 2));
  });
}

/** Ids at the slots, int32 `[B, K]`, 0 at dead ones. */
export function idsAtSlots(inputIds: tf.Tensor2D, atSlot: tf.Tensor3D): tf.Tensor2D {
  return tf.tidy(() => {
    const ids = tf.expandDims(tf.cast(inputIds, 'float32'), 1); // [B, 1, S]
    return tf.cast(tf.sum(tf.mul(atSlot, ids), 2), 'int32') as tf.Tensor2D;
  });
}

/**
 * `inputIds` with the ids of the live slots written in: int32 `[B, S]`.
 *
 * Where slots share a position (with replacement only) the mean of their ids is written, rounded down, as in
 * google-research/electra.
 *
 * @param ids int32 `[B, K]`
 * @param shared whether slots may share a position
 */
export function writeAtSlots(
  inputIds: tf.Tensor2D,
  atSlot: tf.Tensor3D,
  ids: tf.Tensor2D,
  shared: boolean,
): tf.Tensor2D {
  return tf.tidy(() => {
    const slotIds = tf.expandDims(tf.cast(ids, 'float32'), 2); // [B, K, 1]
    const written = tf.sum(tf.mul(atSlot, slotIds), 1); // [B, S]
    const count = tf.sum(atSlot, 1);
    const values = shared ? tf.floor(tf.div(written, tf.maximum(count, 1))) : written;
    return tf.where(tf.greater(count, 0), tf.cast(values, 'int32'), inputIds) as tf.Tensor2D;
  });
}

/** 1 for the first round(p x tokens) slots of a row, at least one: float32 `[B, K]`. Halves round to even. */
function firstSlots(
  attentionMask: tf.Tensor2D,
  { probability, slots }: SelectionOptions,
): tf.Tensor2D {
  const tokens = tf.sum(tf.cast(attentionMask, 'float32'), 1, true); // [B, 1]
  const wanted = tf.maximum(tf.round(tf.mul(tokens, probability)), 1);
  return tf.cast(tf.less(tf.range(0, slots, 1, 'float32'), wanted), 'float32') as tf.Tensor2D;
}

function withReplacement(
  candidates: tf.Tensor2D,
  attentionMask: tf.Tensor2D,
  key: RandomKey,
  options: SelectionOptions,
): Slots {
  const [B, S] = candidates.shape;
  const bits = randomBits<tf.Tensor3D>(key, 'positions', [B, options.slots, S]);
  const keys = tf.mul(tf.add(tf.cast(bits, 'float32'), 1), tf.expandDims(candidates, 1));
  const any = tf.cast(tf.greater(tf.max(candidates, 1, true), 0), 'float32'); // [B, 1]
  const live: tf.Tensor2D = tf.mul(firstSlots(attentionMask, options), any);
  return { positions: liveOnly(tf.argMax(keys, 2), live), weights: live };
}

function liveOnly(positions: tf.Tensor2D, live: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(tf.cast(positions, 'int32'), tf.cast(live, 'int32'));
}
