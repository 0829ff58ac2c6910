// A batch as the generator reads it: slots chosen, truth put aside, [MASK] written.
//
// Shapes: B batch, S sequence, K slots per row, N = B K.

import type { TokenBatch } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { drawKey, type LossOptions } from './draws.js';
import { drawShown, idsAtSlots, maskIds, type Slots, selectSlots, slotMap } from './masking.js';
import type { TaskTokens } from './models.js';
import { defaultSlots, type ElectraSettings } from './settings.js';

export interface MaskedBatch {
  readonly slots: Slots;
  /** `[B, K, S]`, see `slotMap`. */
  readonly atSlot: tf.Tensor3D;
  /** The true ids, int32 `[B, K]`, 0 at dead slots. */
  readonly targets: tf.Tensor2D;
  /** What the generator reads. */
  readonly inputs: TokenBatch;
}

/**
 * Chooses positions and masks them, unless they are given. Call inside `tf.tidy`.
 *
 * @throws RangeError for weights without positions
 */
export function maskBatch(
  batch: TokenBatch,
  settings: ElectraSettings,
  tokens: TaskTokens,
  options: LossOptions,
): MaskedBatch {
  const [B, S] = batch.inputIds.shape;
  const { given } = options;
  if (given?.weights && !given.positions)
    throw new RangeError(
      'electra-task: given draws cannot be used: found weights without positions, expected both.\n' +
        'Give `positions` as well, or leave `weights` out.',
    );
  const slots = given?.positions
    ? { positions: given.positions, weights: given.weights ?? tf.ones(given.positions.shape) }
    : selectSlots(batch, drawKey(options), {
        selection: settings.maskSelection,
        probability: settings.maskProbability,
        slots: Math.min(S, settings.maskSlots ?? defaultSlots(settings, S)),
        tokens,
      });
  const atSlot = slotMap(slots, S);
  const K = slots.positions.shape[1];
  const always = settings.maskTokenProbability === 1;
  const shown =
    given?.shown ??
    (always ? undefined : drawShown(drawKey(options), [B, K], settings.maskTokenProbability));
  return {
    slots,
    atSlot,
    targets: idsAtSlots(batch.inputIds, atSlot),
    inputs: { ...batch, inputIds: maskIds(batch.inputIds, atSlot, tokens, shown) },
  };
}

/** `[B, K]` as one axis `[N]`, row by row. */
export function slotRows(x: tf.Tensor2D): tf.Tensor1D {
  return tf.reshape(x, [-1]);
}
