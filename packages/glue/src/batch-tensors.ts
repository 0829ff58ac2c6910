// A batch as plain tensors, padded to its width and filled up to its number of rows.
//
// Shapes: B batch, S width.

import type { Batch } from './batches.js';

/** One tensor of a batch, as plain data. */
export interface BatchTensor {
  readonly dtype: 'int32' | 'float32';
  readonly shape: readonly number[];
  readonly data: Int32Array | Float32Array;
}

/** The tensors of a batch. */
export interface BatchTensors {
  /** int32 `[B, S]` */
  readonly inputIds: BatchTensor;
  /** int32 `[B, S]` */
  readonly attentionMask: BatchTensor;
  /** int32 `[B, S]` */
  readonly tokenTypeIds: BatchTensor;
  /** `[B]`: int32 classes or float32 scores; 0 where there is none */
  readonly labels: BatchTensor;
  /** float32 `[B]`: 1 for an example, 0 for a filled row */
  readonly weights: BatchTensor;
}

/**
 * The tensors of a batch: padding has id `padId`, mask 0 and segment 0. Rows beyond the examples repeat the first
 * one, so that no row attends to nothing, and weigh 0.
 */
export function batchTensors(
  { rows: B, width: S, examples }: Batch,
  { padId, isRegression }: { readonly padId: number; readonly isRegression: boolean },
): BatchTensors {
  const inputIds = new Int32Array(B * S).fill(padId);
  const attentionMask = new Int32Array(B * S);
  const tokenTypeIds = new Int32Array(B * S);
  const labels = isRegression ? new Float32Array(B) : new Int32Array(B);
  const weights = new Float32Array(B);
  for (let row = 0; row < B; row++) {
    const { ids, typeIds, label } = examples[row] ?? examples[0];
    inputIds.set(ids, row * S);
    attentionMask.fill(1, row * S, row * S + ids.length);
    tokenTypeIds.set(typeIds, row * S);
    if (row >= examples.length) continue;
    labels[row] = Number.isNaN(label) ? 0 : label;
    weights[row] = 1;
  }
  const ints = (data: Int32Array): BatchTensor => ({ dtype: 'int32', shape: [B, S], data });
  return {
    inputIds: ints(inputIds),
    attentionMask: ints(attentionMask),
    tokenTypeIds: ints(tokenTypeIds),
    labels: { dtype: isRegression ? 'float32' : 'int32', shape: [B], data: labels },
    weights: { dtype: 'float32', shape: [B], data: weights },
  };
}
