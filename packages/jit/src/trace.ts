// Tracing: calls the user's function once on symbolic tensors and keeps what it did as a graph.

import * as tf from '@tensorflow/tfjs-core';
import { type Graph, unknownKernel, type Value } from './graph.js';
import { describe, sameShape, type TensorSpec } from './host-tensor.js';
import { TRACING, type TracingBackend, tracingBackend } from './tracing-backend.js';
import { flatten, type Tree, type TreeShape, unflatten } from './tree.js';

/** What is traced: state and inputs in, new state and outputs out. */
// The caller writes the argument types it knows; trees are checked when the function is called.
// biome-ignore lint/suspicious/noExplicitAny: any function over trees of tensors is accepted
export type Step<R extends StepResult = StepResult> = (state: any, inputs: any) => R;

export interface StepResult {
  /** New values, shaped like the state; left out when nothing changes. */
  readonly state?: Tree<tf.Tensor>;
  readonly outputs: Tree<tf.Tensor>;
}

/** The trees around the flat lists that engines see. */
export interface Signature {
  readonly state: readonly TensorSpec[];
  readonly statePaths: readonly string[];
  readonly stateShape: TreeShape;
  /** State may not change. */
  readonly frozen?: boolean;
  readonly inputs: readonly TensorSpec[];
  readonly inputPaths: readonly string[];
  readonly inputShape: TreeShape;
}

export interface Traced {
  readonly graph: Graph;
  readonly outputShape: TreeShape;
  readonly outputPaths: readonly string[];
}

export interface FlatResult {
  readonly state: readonly tf.Tensor[];
  readonly outputs: readonly tf.Tensor[];
  readonly outputShape: TreeShape;
  readonly outputPaths: readonly string[];
}

export const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor;

/** True inside a function that `compile` is tracing. */
export function isTracing(): boolean {
  return tf.getBackend() === TRACING && tracingBackend().isRecording;
}

/** The name a message calls a function by. */
export const nameOf = (step: Step): string => step.name || 'anonymous function';

/** Calls `step` with trees made of flat tensors, and checks and flattens what it returns. */
export function callStep(
  step: Step,
  signature: Signature,
  state: readonly tf.Tensor[],
  inputs: readonly tf.Tensor[],
): FlatResult {
  const result = step(
    unflatten(signature.stateShape, state),
    unflatten(signature.inputShape, inputs),
  );
  if (typeof result !== 'object' || result === null || !('outputs' in result)) {
    throw new TypeError(
      `jit: "${nameOf(step)}" returned no outputs.\nReturn { state, outputs }, or { outputs } when no state changes.`,
    );
  }
  const outputs = flatten(result.outputs, isTensor, 'outputs');
  const newState = result.state === undefined ? state : checkState(signature, result.state, step);
  const changed = newState.findIndex((leaf, at) => leaf !== state[at]);
  if (signature.frozen && changed >= 0) throw changesFrozen(step, signature.statePaths[changed]);
  return {
    state: newState,
    outputs: outputs.leaves,
    outputShape: outputs.shape,
    outputPaths: outputs.paths,
  };
}

export function changesFrozen(step: Step, path: string): TypeError {
  return new TypeError(
    `jit: "${nameOf(step)}" changes "${path}", but the state is frozen.\n` +
      `Return outputs only, or do not freeze it: compile without frozen, run outside of whileFrozen.`,
  );
}

function checkState(signature: Signature, tree: unknown, step: Step): readonly tf.Tensor[] {
  const found = flatten(tree, isTensor, 'state');
  const missing = signature.statePaths.find((path) => !found.paths.includes(path));
  const extra = found.paths.find((path) => !signature.statePaths.includes(path));
  if (missing !== undefined || extra !== undefined) {
    throw new TypeError(
      `jit: "${nameOf(step)}" returned another state than it was given: ` +
        `${missing !== undefined ? `"${missing}" is missing` : `"${extra}" is new`}.\n` +
        `Return every leaf of the state, unchanged ones as they came.`,
    );
  }
  for (const [index, spec] of signature.state.entries()) {
    const { dtype, shape } = found.leaves[index];
    if (dtype !== spec.dtype || !sameShape(shape, spec.shape)) {
      throw new TypeError(
        `jit: "${nameOf(step)}" changed the type of "${signature.statePaths[index]}": found ${dtype} [${shape.join(', ')}], ` +
          `expected ${describe(spec)}.\nState keeps its shape and type: cast or reshape before returning it.`,
      );
    }
  }
  return found.leaves;
}

/** Starts the user's backend, to which tracing goes back. Tracing itself needs none. */
export async function backendReady(): Promise<void> {
  await tf.ready().catch(() => undefined);
}

/**
 * Traces `step` for the shapes and types of `signature`. Synchronous; leaves backend and memory as they were.
 *
 * @throws Error naming the function, what cannot be traced and what to do instead
 */
export function trace(step: Step, signature: Signature): Traced {
  const backend = tracingBackend();
  const before = tf.engine().backendName;
  const graph = backend.begin();
  tf.engine().startScope('trace');
  try {
    activate(TRACING);
    const tensor = (value: Value): tf.Tensor =>
      tf.engine().makeTensorFromTensorInfo(backend.adopt(value));
    const state = signature.state.map((spec) => graph.placeholder(spec));
    const inputs = signature.inputs.map((spec) => graph.placeholder(spec));
    const result = withoutRandomness(() =>
      callStep(step, signature, state.map(tensor), inputs.map(tensor)),
    );
    refuseVariables(backend);
    return {
      graph: graph.finish({
        state,
        inputs,
        newState: result.state.map((leaf) => backend.graphValue(leaf)),
        outputs: result.outputs.map((leaf) => backend.graphValue(leaf)),
      }),
      outputShape: result.outputShape,
      outputPaths: result.outputPaths,
    };
  } catch (cause) {
    throw explained(cause, step);
  } finally {
    tf.engine().endScope();
    backend.end();
    if (before) activate(before);
  }
}

/** Random numbers drawn in JavaScript would be the same ones in every run. */
function withoutRandomness<T>(run: () => T): T {
  const { random } = Math;
  Math.random = () => {
    throw new Error(
      `jit: JavaScript drew a random number inside a traced function (tf.dropout, tf.randomNormal and the like do); ` +
        `it would be frozen into the graph.\n` +
        `Use dropout and randomBits of @alectra/nn with a key that is an input, or draw outside and pass it in.`,
    );
  };
  try {
    return run();
  } finally {
    Math.random = random;
  }
}

/** An assigned variable would hold a symbolic value for ever. */
function refuseVariables(backend: TracingBackend): void {
  for (const [name, variable] of Object.entries(tf.engine().registeredVariables)) {
    if (!backend.isSymbolic(variable)) continue;
    throw new Error(
      `jit: variable "${name}" was made or assigned inside a traced function.\n` +
        `Make it a leaf of the state, and return its new value.`,
    );
  }
}

/** setBackend does its work before its first await when the backend needs no asynchronous start. */
function activate(name: string): void {
  void tf.setBackend(name);
  if (tf.engine().backendName !== name) throw new Error(`jit: backend "${name}" did not start.`);
}

function explained(cause: unknown, step: Step): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  const missing = /(?:Cannot find registered kernel|Kernel) '(.+?)'/.exec(message)?.[1];
  const reason = missing === undefined ? message : unknownKernel(missing);
  const text = `jit: cannot trace "${nameOf(step)}": ${reason.replace(/^jit: /, '')}`;
  return cause instanceof TypeError ? new TypeError(text, { cause }) : new Error(text, { cause });
}
