// Fine-tuning as functions to be traced: the loss of a batch, which a trainer makes a step of, and predictions.
//
// Everything that changes is an argument: parameters, batch, random key. So one trace is one graph, and programs for
// batches of several widths share their state.
//
// Classification is softmax cross-entropy, a score the squared error of the score divided by `scoreScale`: ELECTRA
// trains on y / 5 (finetune/regression/regression_tasks.py), Hugging Face on y.
//
// Shapes: B batch, S sequence, L labels.

import * as tf from '@tensorflow/tfjs-core';
import type { Params, RandomKey, SentenceEncoder, TokenBatch } from './encoder.js';

/** The tensors of a batch, as `batchTensors` lays them out. */
export interface LabelledBatch extends TokenBatch {
  /** `[B]`: int32 classes or float32 scores */
  readonly labels: tf.Tensor1D;
  /** `[B]`: 1 for an example, 0 for a filled row */
  readonly weights: tf.Tensor1D;
}

export interface FinetuneOptions {
  readonly encoder: SentenceEncoder;
  /** A score instead of classes. */
  readonly isRegression: boolean;
  /** What a score is divided by for training, and a prediction multiplied with. Default 1. */
  readonly scoreScale?: number;
}

/** Mean loss over the examples of a batch, `[]`; the caller disposes. Without a key there is no dropout. */
export function finetuneLoss(
  options: FinetuneOptions,
  params: Params,
  batch: LabelledBatch,
  dropout?: RandomKey,
): tf.Scalar {
  return tf.tidy(() => {
    const sum = summedLoss(options, params, batch, dropout);
    return tf.div<tf.Scalar>(sum, tf.maximum(tf.sum(batch.weights), 1));
  });
}

/** `[]`. Call inside `tf.tidy`. */
function summedLoss(
  { encoder, isRegression, scoreScale = 1 }: FinetuneOptions,
  params: Params,
  batch: LabelledBatch,
  dropout: RandomKey | undefined,
): tf.Scalar {
  const logits = encoder.logits(params, batch, dropout && { dropout }); // [B, L]
  const losses = isRegression
    ? squaredErrors(logits, batch.labels, scoreScale)
    : crossEntropies(logits, batch.labels);
  return tf.sum<tf.Scalar>(tf.mul(losses, batch.weights));
}

/** `[B]` */
function crossEntropies(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor {
  const classes = tf.range(0, logits.shape[1], 1, 'int32');
  const chosen = tf.cast(tf.equal(tf.expandDims(labels, 1), classes), 'float32'); // [B, L]
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), chosen), 1));
}

/** `[B]` */
function squaredErrors(logits: tf.Tensor2D, scores: tf.Tensor1D, scale: number): tf.Tensor {
  return tf.square(tf.sub(tf.reshape(logits, [-1]), tf.div(scores, scale)));
}

/** A loss as `@alectra/trainer` takes it, or anybody who traces it with gradients. */
export interface FinetuneTask {
  /**
   * The mean loss over the examples of a batch; with `totals` the share of it that a part of the batch has. Shares, and
   * their gradients, add up to those of the whole.
   */
  loss(
    params: Params,
    batch: Readonly<Record<string, tf.Tensor>>,
    random: RandomKey,
    totals?: Readonly<Record<string, tf.Scalar>>,
  ): { readonly loss: tf.Scalar; readonly metrics: Readonly<Record<string, never>> };
  /** Of a whole batch: the sum of its weights, at least 1. */
  totals(batch: Readonly<Record<string, { readonly data: ArrayLike<number> }>>): {
    readonly weights: number;
  };
}

/** Fine-tuning as a loss over parameters: batches have the tensors that `batchTensors` lays out. */
export function finetuneTask(options: FinetuneOptions): FinetuneTask {
  return {
    loss(params, tensors, random, totals) {
      // an interface is no record to the compiler; the batch has these tensors by name
      const batch = tensors as unknown as LabelledBatch;
      const loss = totals
        ? tf.tidy(() =>
            tf.div<tf.Scalar>(summedLoss(options, params, batch, random), totals.weights),
          )
        : finetuneLoss(options, params, batch, random);
      return { loss, metrics: {} };
    },
    totals({ weights }) {
      let sum = 0;
      for (const weight of Array.from(weights?.data ?? [])) sum += weight;
      return { weights: Math.max(1, sum) };
    },
  };
}

/** Predictions without dropout, to be traced: logits `[B, L]`, or scores `[B, 1]` in the task's units. */
export function predictStep({
  encoder,
  isRegression,
  scoreScale = 1,
}: FinetuneOptions): (
  state: { readonly parameters: Params },
  inputs: { readonly batch: TokenBatch },
) => { readonly outputs: { readonly logits: tf.Tensor2D } } {
  return function predict({ parameters }, { batch }) {
    const logits = encoder.logits(parameters, batch);
    return { outputs: { logits: isRegression ? tf.mul(logits, scoreScale) : logits } };
  };
}
