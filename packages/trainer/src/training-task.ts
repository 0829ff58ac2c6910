// What the trainer asks of a task, a batch source and an evaluation: any model and loss plug in here.
//
// Everything that enters the traced functions is a tensor argument: parameters, batch, random key. A random
// draw is a function of (seed, counter), so there is no generator state to lose.

import type { HostTensor, TensorSpec } from '@alectra/jit';
import type * as tf from '@tensorflow/tfjs-core';
import type { Json } from './config-difference.js';

export type HostTensors = Readonly<Record<string, HostTensor>>;
export type Params = Readonly<Record<string, tf.Tensor>>;

/** Structurally the key of `@alectra/nn`: int32 scalars. */
export interface RandomKey {
  readonly seed: tf.Scalar;
  readonly counter: tf.Scalar;
}

/** Sums and counts of one micro-batch, each `[]`; they are added over micro-batches and steps. */
export type MetricSums = Readonly<Record<string, tf.Scalar>>;

export interface TrainingTask {
  /**
   * Mean loss of one micro-batch, and metric sums. Traced: no JavaScript randomness, no reading of values.
   * Every parameter must take part.
   */
  loss(
    params: Params,
    batch: Readonly<Record<string, tf.Tensor>>,
    random: RandomKey,
  ): { readonly loss: tf.Scalar; readonly metrics: MetricSums };
  /** Readable metrics from the sums over all micro-batches since the last log line. Default: the sums. */
  summarise?(sums: Readonly<Record<string, number>>): Readonly<Record<string, number>>;
}

/** A resumable, endless source of micro-batches: after `seek(state())` the same batches follow. */
export interface BatchSource {
  next(): Promise<HostTensors>;
  /** Where the next batch comes from; plain JSON. */
  state(): Json;
  seek(state: Json): void | Promise<void>;
}

/** Evaluation on held-out batches: the same ones, with the same random draws, every time. */
export interface Evaluation {
  /** Of a batch. Batches of other shapes are compiled for when the first of them comes. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  batches(): AsyncIterable<HostTensors>;
  /** Traced, without gradients. Whatever it returns comes back to `summarise`, once a batch. */
  step(
    params: Params,
    batch: Readonly<Record<string, tf.Tensor>>,
    random: RandomKey,
  ): Readonly<Record<string, tf.Tensor>>;
  summarise(outputs: readonly HostTensors[]): Readonly<Record<string, number>>;
}
