// What every optimizer here is: two pure functions on records of tensors.
//
// Nothing is stored in the optimizer, so one call of `update` can be traced into a graph and the state kept
// wherever the caller likes. The learning rate and the step number are scalar tensors for the same reason:
// as JavaScript numbers they would be frozen into the graph.
//
// The largest tensor of a small ELECTRA is a vocabulary table of 3.9 M elements, and graph engines on a CPU
// do not fuse element-wise chains, so the rules are written for few full-size operations: whatever can be is
// folded into scalars first.

import * as tf from '@tensorflow/tfjs-core';

/** Tensors by parameter name. One tensor may stand under several names (tied weights). */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Optimizer state by entry name: `m.<parameter>` and `v.<parameter>`, each of the parameter's shape, float32. */
export type OptimizerState = Readonly<Record<string, tf.Tensor>>;

/** The scalars of one update, all `[]`. */
export interface UpdateInputs {
  /** Float32. */
  readonly learningRate: tf.Scalar;
  /** Number of this update, 1 for the first; float32 or int32. Only bias correction reads it. */
  readonly step: tf.Scalar;
  /** Factor on all gradients, as `globalNormScale` gives it; saves a pass over the gradients. Default 1. */
  readonly gradientScale?: tf.Scalar;
}

export interface Optimizer {
  /** Zeros for every distinct tensor of `params`. The caller disposes them. */
  init(params: Tensors): OptimizerState;
  /**
   * One step. Arguments are left alone, results are new tensors of the caller's; a tensor that stands under
   * several names is updated once and stands under the same names in the result.
   *
   * @throws RangeError if a gradient or a state entry is missing, unknown or of another shape, or if two names
   * of one tensor come with two different gradients
   */
  update(
    params: Tensors,
    gradients: Tensors,
    state: OptimizerState,
    inputs: UpdateInputs,
  ): { readonly params: Record<string, tf.Tensor>; readonly state: Record<string, tf.Tensor> };
}

/** One tensor on its way through an update rule; all of one shape. */
export interface Slot {
  readonly name: string;
  readonly value: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** Running mean of gradients. */
  readonly m: tf.Tensor;
  /** Running mean of squared gradients. */
  readonly v: tf.Tensor;
}

export type UpdatedSlot = Pick<Slot, 'value' | 'm' | 'v'>;

/** Zero moments for every distinct tensor of `params`. */
export function zeroMoments(params: Tensors): Record<string, tf.Tensor> {
  const state: Record<string, tf.Tensor> = {};
  for (const [name, value] of firstNames(params)) {
    state[`m.${name}`] = tf.zeros(value.shape);
    state[`v.${name}`] = tf.zeros(value.shape);
  }
  return state;
}

/** Applies `rule` to every distinct tensor once and puts the results under all of its names. */
export function updateEach(
  optimizer: string,
  params: Tensors,
  gradients: Tensors,
  state: OptimizerState,
  rule: (slot: Slot) => UpdatedSlot,
): { params: Record<string, tf.Tensor>; state: Record<string, tf.Tensor> } {
  const first = new Map<tf.Tensor, string>();
  const newParams: Record<string, tf.Tensor> = {};
  const newState: Record<string, tf.Tensor> = {};
  for (const name of Object.keys(gradients)) {
    if (params[name] === undefined)
      fault(optimizer, name, 'it has a gradient but no value', 'gradients of the given parameters');
  }
  const stateNames = new Set(firstNames(params).flatMap(([name]) => [`m.${name}`, `v.${name}`]));
  for (const name of Object.keys(state)) {
    if (!stateNames.has(name))
      fault(
        optimizer,
        name,
        'it is a state entry of no parameter',
        'm.<name> and v.<name> of the given ones',
      );
  }
  for (const [name, value] of Object.entries(params)) {
    const gradient = entry(optimizer, gradients, name, 'gradient', value);
    const owner = first.get(value);
    if (owner !== undefined) {
      if (gradients[owner] !== gradient)
        fault(
          optimizer,
          name,
          `it is the tensor of "${owner}" with another gradient`,
          'one gradient for one tensor',
        );
      newParams[name] = newParams[owner] as tf.Tensor; // set when its first name was met
      continue;
    }
    first.set(value, name);
    const m = entry(optimizer, state, `m.${name}`, 'state entry', value);
    const v = entry(optimizer, state, `v.${name}`, 'state entry', value);
    const updated = rule({ name, value, gradient, m, v });
    newParams[name] = updated.value;
    newState[`m.${name}`] = updated.m;
    newState[`v.${name}`] = updated.v;
  }
  return { params: newParams, state: newState };
}

function firstNames(params: Tensors): [string, tf.Tensor][] {
  const seen = new Set<tf.Tensor>();
  return Object.entries(params).filter(([, value]) => !seen.has(value) && seen.add(value));
}

function entry(
  optimizer: string,
  record: Tensors,
  name: string,
  what: string,
  like: tf.Tensor,
): tf.Tensor {
  const found = record[name];
  if (found === undefined)
    return fault(optimizer, name, `it has no ${what}`, `one of shape [${like.shape.join(', ')}]`);
  if (found.shape.join() !== like.shape.join())
    fault(
      optimizer,
      name,
      `its ${what} is [${found.shape.join(', ')}]`,
      `[${like.shape.join(', ')}]`,
    );
  return found;
}

function fault(optimizer: string, name: string, found: string, expected: string): never {
  throw new RangeError(
    `optim: ${optimizer} cannot update "${name}": ${found}, expected ${expected}.\n` +
      'Give parameters, gradients of all of them, and the state that init or the last update returned.',
  );
}
