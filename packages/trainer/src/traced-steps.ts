// The functions that are traced, each once: forward, backward, guard and update.
//
// An update whose loss or gradient norm exceeds its limit, or is not a number, leaves parameters and optimizer
// state as they were: `where` selects, because 0 x NaN is NaN.

import type { Step } from '@alectra/jit';
import { globalNorm, lossAndGradients, type Optimizer, type OptimizerState } from '@alectra/optim';
import * as tf from '@tensorflow/tfjs-core';
import { mapValues } from './map-values.js';
import type { Evaluation, MetricSums, Params, RandomKey, TrainingTask } from './training-task.js';

export interface StepOptions {
  readonly task: TrainingTask;
  readonly optimizer: Optimizer;
  /** Largest joint norm of the gradients; undefined for no clipping. */
  readonly maxGradientNorm?: number | undefined;
  /** Micro-batches an optimizer step; their gradients are averaged. */
  readonly accumulation: number;
}

type TensorRecord = Readonly<Record<string, tf.Tensor>>;

interface StateTree {
  readonly parameters: Params;
  readonly optimizer: OptimizerState;
  readonly gradients?: Params;
}

interface BatchTensors {
  readonly batch: TensorRecord;
  readonly random: RandomKey;
  /** Of a part of a batch: those of the whole. */
  readonly totals?: Readonly<Record<string, tf.Scalar>>;
}

interface UpdateTensors {
  readonly learningRate: tf.Scalar;
  readonly step: tf.Scalar;
  readonly limits: { readonly loss: tf.Scalar; readonly norm: tf.Scalar };
}

/** Forward, backward, clip and update in one graph: a step of one micro-batch. */
export function fusedStep(options: StepOptions): Step {
  return (state: StateTree, { update, ...given }) => {
    const { loss, metrics, gradients } = differentiated(options, state, given);
    const { norm, applied, ...next } = guardedUpdate(options, state, gradients, loss, update);
    return { state: next, outputs: { loss, norm, applied, metrics } };
  };
}

/** Forward and backward; adds to the gradient sums. */
export function accumulateStep(options: StepOptions): Step {
  return ({ gradients: sums, ...state }: Required<StateTree>, given) => {
    const { loss, metrics, gradients } = differentiated(options, state, given);
    const added = mapValues(sums, (sum, name) => tf.add(sum, gradients[name] as tf.Tensor));
    return { state: { ...state, gradients: added }, outputs: { loss, metrics } };
  };
}

/** Clip and update from the gradient sums, which are set back to zero. */
export function applyStep(options: StepOptions): Step {
  return (state: Required<StateTree>, { update, loss }) => {
    const share = 1 / options.accumulation;
    const mean = mapValues(state.gradients, (sum) => tf.mul(sum, share));
    const { norm, applied, ...next } = guardedUpdate(options, state, mean, loss, update);
    const zeros = mapValues(state.gradients, (sum) => tf.zeros(sum.shape));
    return { state: { ...next, gradients: zeros }, outputs: { norm, applied } };
  };
}

/** Forward and backward of a part of a batch; leaves the state as it is, so that parts can run side by side. */
export function gradientsStep(options: StepOptions): Step {
  return (state: StateTree, given) => ({ outputs: differentiated(options, state, given) });
}

/** Clip and update from the gradients of the parts of a batch, which add up to its own. */
export function applyPartsStep(options: StepOptions): Step {
  return (state: StateTree, { update, loss, gradients: [first, ...others] }) => {
    const sums = mapValues(first as Params, (gradient, name) =>
      (others as Params[]).reduce((sum, part) => tf.add(sum, part[name] as tf.Tensor), gradient),
    );
    const { norm, applied, ...next } = guardedUpdate(options, state, sums, loss, update);
    return { state: next, outputs: { norm, applied } };
  };
}

/** The held-out step, over the same parameters. */
export function evaluateStep(evaluation: Evaluation): Step {
  return (state: StateTree, { batch, random }) => ({
    outputs: evaluation.step(state.parameters, batch, random),
  });
}

function differentiated(
  { task }: StepOptions,
  { parameters }: StateTree,
  { batch, random, totals }: BatchTensors,
): { loss: tf.Scalar; metrics: MetricSums; gradients: Params } {
  const { result, gradients } = lossAndGradients(parameters, (params) =>
    task.loss(params, batch, random, totals),
  );
  return { loss: result.loss, metrics: result.metrics, gradients };
}

function guardedUpdate(
  { optimizer, maxGradientNorm }: StepOptions,
  state: StateTree,
  gradients: Params,
  loss: tf.Scalar,
  { learningRate, step, limits }: UpdateTensors,
): { parameters: TensorRecord; optimizer: TensorRecord; norm: tf.Scalar; applied: tf.Scalar } {
  const norm = globalNorm(gradients);
  const gradientScale =
    maxGradientNorm === undefined
      ? undefined
      : tf.div<tf.Scalar>(maxGradientNorm, tf.maximum(norm, maxGradientNorm));
  const updated = optimizer.update(state.parameters, gradients, state.optimizer, {
    learningRate,
    step,
    ...(gradientScale && { gradientScale }),
  });
  // comparisons with NaN are false
  const isSound = tf.logicalAnd(
    tf.lessEqual(loss, limits.loss),
    tf.lessEqual(norm, limits.norm),
  ) as tf.Scalar;
  const select = (now: TensorRecord, before: TensorRecord): TensorRecord =>
    mapValues(now, (tensor, name) => tf.where(isSound, tensor, before[name] as tf.Tensor));
  return {
    parameters: select(updated.params, state.parameters),
    optimizer: select(updated.state, state.optimizer),
    norm,
    applied: tf.cast(isSound, 'float32'),
  };
}
