// What the task asks of the two models. Any masked language model and any token classifier will do, of the same
// family or of two; both are pure functions with their parameters as an argument.
//
// Shapes: B batch, S sequence, K slots per sequence, V vocabulary.

import type { CallOptions, Params, TokenBatch } from '@alectra/nn';
import type * as tf from '@tensorflow/tfjs-core';

export interface Generator {
  /** Logits `[B, K, V]` at `positions` int32 `[B, K]` only: logits of all positions would be gigabytes. */
  logitsAt(
    params: Params,
    inputs: TokenBatch,
    positions: tf.Tensor2D,
    options?: CallOptions,
  ): tf.Tensor3D;
}

export interface Discriminator {
  /** `[B, S]`, positive for "replaced", or `[B, S, 2]`, logits of "original" and "replaced". */
  tokenLogits(params: Params, inputs: TokenBatch, options?: CallOptions): tf.Tensor2D | tf.Tensor3D;
}

/** Ids that the task has to know. */
export interface TaskTokens {
  /** V. */
  readonly vocabSize: number;
  /** Id of [MASK]. */
  readonly mask: number;
  /** Ids that are never chosen, besides padding: [CLS], [SEP] and [MASK]; some codes add [UNK]. */
  readonly neverMasked: readonly number[];
}

/** @throws RangeError if an id is not one of the vocabulary, or if every token may be masked */
export function checkTokens({ vocabSize, mask, neverMasked }: TaskTokens): void {
  if (!(Number.isInteger(vocabSize) && vocabSize > 1))
    fault('tokens.vocabSize', vocabSize, 'an integer above 1');
  for (const [what, id] of [
    ['tokens.mask', mask] as const,
    ...neverMasked.map((id) => ['an id in tokens.neverMasked', id] as const),
  ]) {
    if (!(Number.isInteger(id) && id >= 0 && id < vocabSize))
      fault(what, id, `an id from 0 to ${vocabSize - 1}`);
  }
  if (neverMasked.length === 0)
    fault('tokens.neverMasked', 'empty', 'the ids of [CLS], [SEP] and [MASK]');
}

/**
 * TensorFlow.js broadcasts what does not fit, so a wrong shape would train on nonsense.
 *
 * @throws RangeError if `found` has another shape than `expected`
 */
export function checkLogits(
  method: 'logitsAt' | 'tokenLogits',
  found: readonly number[],
  ...expected: readonly (readonly number[])[]
): void {
  if (expected.some((shape) => shape.join() === found.join())) return;
  const text = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
  fault(`${method} of the model`, `of shape ${text(found)}`, expected.map(text).join(' or '));
}

function fault(what: string, found: unknown, expected: string): never {
  throw new RangeError(
    `electra-task: ${what} is ${found}, expected ${expected}.\n` +
      'See TaskTokens, Generator and Discriminator: sizes of models, tokens and batches have to agree.',
  );
}
