// What the trainer asks of a task, a batch source and an evaluation: any model and loss plug in here.
//
// Everything that enters the traced functions is a tensor argument: parameters, batch, random key. A random
// draw is a function of (seed, counter), so there is no generator state to lose.

import type { HostTensor, InputSpec } from '@alectra/jit';
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
   *
   * @param totals given when `batch` is a part of the rows of a batch, which may all weigh nothing: what `totals` says
   *   of the whole batch, each `[]`. Then the loss is this part's share of the mean over the whole batch, so that losses
   *   and gradients of the parts add up to those of the whole, exactly but for rounding and for what is drawn. Metrics
   *   are sums over the rows of `batch` either way.
   */
  loss(
    params: Params,
    batch: Readonly<Record<string, tf.Tensor>>,
    random: RandomKey,
    totals?: Readonly<Record<string, tf.Scalar>>,
  ): { readonly loss: tf.Scalar; readonly metrics: MetricSums };
  /**
   * Denominators of the loss over a whole batch, such as how many of its rows count; float32 in the graph, none of
   * them 0. A task that has them promises that a batch can be cut: every tensor has a row an example on its first
   * axis, and no example's loss depends on another one. The names are those for a batch of zeros, of size 1 where
   * axes are open. Engine `onnxruntime` then computes the two halves of a batch side by side, each with random draws
   * of its own; elsewhere, and where a step has several micro-batches or a batch a single row, `loss` gets whole
   * batches, without totals.
   */
  totals?(batch: HostTensors): Readonly<Record<string, number>>;
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
  /** Of a batch. Axes with a name instead of a size differ from batch to batch. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** @param program whether batches of all sizes are taken as they come; if not, each size is compiled for first */
  batches(program: { readonly anySize: boolean }): AsyncIterable<HostTensors>;
  /** Traced, without gradients. Whatever it returns comes back to `summarise`, once a batch. */
  step(
    params: Params,
    batch: Readonly<Record<string, tf.Tensor>>,
    random: RandomKey,
  ): Readonly<Record<string, tf.Tensor>>;
  summarise(outputs: readonly HostTensors[]): Readonly<Record<string, number>>;
}
