// What a family of models has in common below its heads, as data: heads that several families share are built on it.
//
// Shapes: B batch, S sequence, H hidden, L labels.

import * as tf from '@tensorflow/tfjs-core';
import { dropout } from './dropout.js';
import type { ParameterLayout } from './initialize.js';
import { linearLayout } from './layouts.js';
import { linear } from './linear.js';
import type { CallOptions, EncodeOptions, Params, TokenBatch } from './params.js';

/** The transformer of a family. */
export interface ModelBody<Config> {
  /** What the names of its classes begin with: `Albert`. */
  readonly family: string;
  /** Of its parameters below a head, without the dot: `albert`. */
  readonly prefix: string;
  readonly layout: (config: Config, prefix: string) => ParameterLayout;
  /** Hidden states of every position, `[B * S, H]`; the caller disposes. */
  readonly encode: (
    params: Params,
    config: Config,
    prefix: string,
    batch: TokenBatch,
    options?: CallOptions,
  ) => tf.Tensor2D;
}

/** One whose heads classify. */
export interface EncoderBody<Config> extends ModelBody<Config> {
  /** As above, or only the states of every sequence's first position, `[B, H]`. */
  readonly encode: (
    params: Params,
    config: Config,
    prefix: string,
    batch: TokenBatch,
    options?: EncodeOptions,
  ) => tf.Tensor2D;
  /** The rate before classification layers. */
  readonly classifierDropout: (config: Config) => number;
}

/** One with a pooler: a linear map of the first position, and tanh. */
export interface PooledBody<Config> extends EncoderBody<Config> {
  /** Name of that map below the body's prefix: `pooler`. */
  readonly pooler: string;
}

/** Sizes of a classifier. */
export interface ClassifierSizes {
  readonly hiddenSize: number;
  readonly numLabels: number;
}

/** The body's parameters and its pooler's, under `prefix`. */
export function pooledLayout<Config extends ClassifierSizes>(
  { layout, pooler }: PooledBody<Config>,
  config: Config,
  prefix: string,
): ParameterLayout {
  const { hiddenSize: H } = config;
  return { ...layout(config, prefix), ...linearLayout(prefix + pooler, H, H) };
}

/** tanh of a linear map, `name`, of the first positions: `[B, H]` → `[B, H]`; the caller disposes. */
export function pool(params: Params, name: string, first: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.tanh(linear(params, name, first)));
}

/** The layer that `classify` applies, `name`: `[H]` → `[L]`. */
export function classifierLayout(
  name: string,
  { hiddenSize, numLabels }: ClassifierSizes,
): ParameterLayout {
  return linearLayout(name, hiddenSize, numLabels, 'glorot');
}

/** Dropout, then the linear layer `name`: `[N, H]` → `[N, L]`; the caller disposes. */
export function classify(
  params: Params,
  name: string,
  hidden: tf.Tensor2D,
  rate: number,
  options?: CallOptions,
): tf.Tensor2D {
  return tf.tidy(() => linear(params, name, dropout(hidden, rate, options?.dropout, name)));
}
