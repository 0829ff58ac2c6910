// Fine-tuning as traced functions: loss of a batch, one step of training, predictions.
//
// Everything that changes is an argument: parameters, optimizer state, batch, random key, learning rate. So one
// trace is one graph, and programs for batches of several widths share their state.
//
// Classification is softmax cross-entropy, a score the squared error of the score divided by `scoreScale`: ELECTRA
// trains on y / 5 (finetune/regression/regression_tasks.py), Hugging Face on y.
//
// Shapes: B batch, S sequence, L labels.

import { globalNormScale, type Optimizer } from '@alectra/optim';
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
  { encoder, isRegression, scoreScale = 1 }: FinetuneOptions,
  params: Params,
  batch: LabelledBatch,
  dropout?: RandomKey,
): tf.Scalar {
  return tf.tidy(() => {
    const logits = encoder.logits(params, batch, dropout && { dropout }); // [B, L]
    const losses = isRegression
      ? squaredErrors(logits, batch.labels, scoreScale)
      : crossEntropies(logits, batch.labels);
    const total = tf.sum<tf.Scalar>(tf.mul(losses, batch.weights));
    return tf.div<tf.Scalar>(total, tf.maximum(tf.sum(batch.weights), 1));
  });
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

/** What a step keeps between calls; the optimizer's part is its `OptimizerState`. */
export type FinetuneState = Readonly<Record<'parameters' | 'optimizer', Params>>;

/** What a step is given. */
export interface FinetuneInputs {
  readonly batch: LabelledBatch;
  readonly random: RandomKey;
  /** `[]` */
  readonly learningRate: tf.Scalar;
  /** Number of this update, from 1; `[]` */
  readonly step: tf.Scalar;
}

export type FinetuneStep = (
  state: FinetuneState,
  inputs: FinetuneInputs,
) => { readonly state: FinetuneState; readonly outputs: Record<'loss' | 'norm', tf.Scalar> };

/**
 * One step of training as a function to be traced: loss, gradients, clipping, update.
 *
 * @param options.maxGradientNorm largest joint norm of the gradients; 0 for no clipping
 */
export function finetuneStep(
  options: FinetuneOptions & { readonly optimizer: Optimizer; readonly maxGradientNorm: number },
): FinetuneStep {
  const { optimizer, maxGradientNorm } = options;
  return function finetune(state, { batch, random, learningRate, step }) {
    const names = Object.keys(state.parameters);
    const { value: loss, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
      finetuneLoss(
        options,
        Object.fromEntries(names.map((name, index) => [name, tensors[index]])),
        batch,
        random,
      ),
    )(names.map((name) => state.parameters[name]));
    const gradients = Object.fromEntries(names.map((name, index) => [name, grads[index]]));
    const { scale, norm } = globalNormScale(gradients, maxGradientNorm || Number.MAX_VALUE);
    const updated = optimizer.update(state.parameters, gradients, state.optimizer, {
      ...{ learningRate, step },
      ...(maxGradientNorm > 0 && { gradientScale: scale }),
    });
    return {
      state: { parameters: updated.params, optimizer: updated.state },
      outputs: { loss: loss as tf.Scalar, norm },
    };
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
