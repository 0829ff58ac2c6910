// The compiled functions of a run, all over one state inside the engine.
//
//   fused        forward, backward, clip and update in one graph (one micro-batch a step)
//   accumulate   forward, backward; adds to the gradient sums
//   apply        clip and update from the gradient sums, which it sets back to zero
//   evaluate     the held-out step, over the same parameters
//
// An update whose loss or gradient norm exceeds its limit, or is not a number, leaves parameters and optimizer
// state as they were: `where` selects, because 0 x NaN is NaN. The schedule advances once an optimizer step,
// however many micro-batches that takes.

import {
  compile,
  type EngineName,
  type HostTensor,
  type Program,
  type Step,
  type TensorSpec,
  type Tree,
} from '@alectra/jit';
import { globalNorm, type Optimizer, type OptimizerState } from '@alectra/optim';
import * as tf from '@tensorflow/tfjs-core';
import type { Limits } from './guard.js';
import type { Evaluation, HostTensors, MetricSums, Params, TrainingTask } from './training-task.js';

export interface ProgramOptions {
  readonly task: TrainingTask;
  readonly optimizer: Optimizer;
  /** Largest joint norm of the gradients; undefined for no clipping. */
  readonly maxGradientNorm?: number | undefined;
  /** Micro-batches an optimizer step; their gradients are averaged. */
  readonly accumulation: number;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly evaluation?: Evaluation | undefined;
  readonly seed: number;
  readonly engine: EngineName | 'auto';
  readonly threads?: number | undefined;
}

/** Parameters and optimizer state as host memory. */
export interface TrainingState {
  readonly parameters: HostTensors;
  readonly optimizer: HostTensors;
}

/** One optimizer step as seen from outside. */
export interface StepResult {
  readonly loss: number;
  /** Norm of the averaged gradients before clipping. */
  readonly norm: number;
  readonly applied: boolean;
  readonly sums: Readonly<Record<string, number>>;
}

export interface Programs {
  /** @param step optimizer steps done so far: draws and bias correction are functions of it */
  step(
    nextBatch: () => Promise<HostTensors>,
    step: number,
    learningRate: number,
    limits: Limits,
  ): Promise<StepResult>;
  /** Metrics of the held-out batches, or undefined without an evaluation. */
  evaluate(): Promise<Readonly<Record<string, number>> | undefined>;
  readState(): Promise<TrainingState>;
  writeState(state: TrainingState): Promise<void>;
  dispose(): void;
}

type TensorRecord = Readonly<Record<string, tf.Tensor>>;

interface StateTree {
  readonly parameters: Params;
  readonly optimizer: OptimizerState;
  readonly gradients?: Params;
}

const SCALAR = { dtype: 'float32', shape: [] } as const;
const INT_SCALAR = { dtype: 'int32', shape: [] } as const;
const RANDOM = { seed: INT_SCALAR, counter: INT_SCALAR };
const UPDATE = {
  learningRate: SCALAR,
  step: SCALAR,
  limits: { loss: SCALAR, norm: SCALAR },
};

/** Zero optimizer state for these parameters, as host memory. */
export function initialOptimizerState(optimizer: Optimizer, parameters: HostTensors): HostTensors {
  return tf.tidy(() => {
    const zeros = mapValues(parameters, ({ shape }) => tf.zeros([...shape]));
    return mapValues(optimizer.init(zeros), (tensor) => ({
      dtype: 'float32' as const,
      shape: tensor.shape,
      data: new Float32Array(tensor.size),
    }));
  });
}

/** Traces and compiles everything; the first call of a run that takes time. */
export async function compilePrograms(
  options: ProgramOptions,
  initial: TrainingState,
): Promise<Programs> {
  const { accumulation, engine, threads, evaluation, inputs } = options;
  const fused = accumulation === 1;
  const gradients = fused ? undefined : mapValues(initial.parameters, zerosLike);
  const state = { ...initial, ...(gradients && { gradients }) };
  const base = { engine, ...(threads === undefined ? {} : { threads }) };
  const main = await compile(fused ? fusedStep(options) : accumulateStep(options), {
    state,
    inputs: { batch: inputs, random: RANDOM, ...(fused && { update: UPDATE }) },
    ...base,
  });
  const apply = fused
    ? undefined
    : await main.compile(applyStep(options), { inputs: { update: UPDATE, loss: SCALAR } });
  const evaluate =
    evaluation &&
    (await main.compile(evaluateStep(evaluation), {
      inputs: { batch: evaluation.inputs, random: RANDOM },
    }));

  const run = async (program: Program, tree: unknown): Promise<Outputs> =>
    (await program.run(tree as Tree<HostTensor>)) as unknown as Outputs; // outputs as the steps below return them

  return {
    async step(nextBatch, step, learningRate, limits) {
      const update = { learningRate: f32(learningRate), step: f32(step + 1), limits: f32s(limits) };
      const sums: Record<string, number> = {};
      let loss = 0;
      for (let micro = 0; micro < accumulation; micro++) {
        const random = { seed: i32(options.seed), counter: i32(step * accumulation + micro) };
        const given = { batch: await nextBatch(), random, ...(fused && { update }) };
        const outputs = await run(main, given);
        loss += value(outputs.loss) / accumulation;
        for (const [name, sum] of Object.entries(outputs.metrics))
          sums[name] = (sums[name] ?? 0) + value(sum);
        if (fused)
          return { loss, sums, norm: value(outputs.norm), applied: value(outputs.applied) === 1 };
      }
      const outputs = await run(apply as Program, { update, loss: f32(loss) });
      return { loss, sums, norm: value(outputs.norm), applied: value(outputs.applied) === 1 };
    },
    async evaluate() {
      if (!evaluate || !evaluation) return undefined;
      const outputs: HostTensors[] = [];
      for await (const batch of evaluation.batches()) {
        const random = { seed: i32(options.seed ^ EVALUATION), counter: i32(outputs.length) };
        outputs.push((await run(evaluate, { batch, random })) as unknown as HostTensors);
      }
      return evaluation.summarise(outputs);
    },
    async readState() {
      // the tree that was compiled; gradient sums are zero between steps and are not part of a checkpoint
      const { parameters, optimizer } = (await main.readState()) as unknown as TrainingState;
      return { parameters, optimizer };
    },
    async writeState({ parameters, optimizer }) {
      await main.writeState({ parameters, optimizer, ...(gradients && { gradients }) });
    },
    dispose: () => main.dispose(),
  };
}

// Keeps the draws of evaluation apart from those of training.
const EVALUATION = 0x5eed;

interface Outputs {
  readonly loss: HostTensor;
  readonly norm: HostTensor;
  readonly applied: HostTensor;
  readonly metrics: HostTensors;
}

interface UpdateTensors {
  readonly learningRate: tf.Scalar;
  readonly step: tf.Scalar;
  readonly limits: { readonly loss: tf.Scalar; readonly norm: tf.Scalar };
}

function fusedStep(options: ProgramOptions): Step {
  return (state: StateTree, { batch, random, update }) => {
    const { loss, metrics, gradients } = lossAndGradients(options.task, state.parameters, {
      batch,
      random,
    });
    const { norm, applied, ...next } = guardedUpdate(options, state, gradients, loss, update);
    return { state: next, outputs: { loss, norm, applied, metrics } };
  };
}

function accumulateStep(options: ProgramOptions): Step {
  return ({ gradients: sums, ...state }: Required<StateTree>, { batch, random }) => {
    const { loss, metrics, gradients } = lossAndGradients(options.task, state.parameters, {
      batch,
      random,
    });
    const added = mapValues(sums, (sum, name) => tf.add(sum, gradients[name] as tf.Tensor));
    return { state: { ...state, gradients: added }, outputs: { loss, metrics } };
  };
}

function applyStep(options: ProgramOptions): Step {
  return (state: Required<StateTree>, { update, loss }) => {
    const share = 1 / options.accumulation;
    const mean = mapValues(state.gradients, (sum) => tf.mul(sum, share));
    const { norm, applied, ...next } = guardedUpdate(options, state, mean, loss, update);
    const zeros = mapValues(state.gradients, (sum) => tf.zeros(sum.shape));
    return { state: { ...next, gradients: zeros }, outputs: { norm, applied } };
  };
}

function evaluateStep(evaluation: Evaluation): Step {
  return (state: StateTree, { batch, random }) => ({
    outputs: evaluation.step(state.parameters, batch, random),
  });
}

function guardedUpdate(
  { optimizer, maxGradientNorm }: ProgramOptions,
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

function lossAndGradients(
  task: TrainingTask,
  params: Params,
  { batch, random }: { batch: TensorRecord; random: { seed: tf.Scalar; counter: tf.Scalar } },
): { loss: tf.Scalar; metrics: MetricSums; gradients: Params } {
  const names = Object.keys(params);
  let metrics: MetricSums = {};
  const { value: loss, grads } = tf.engine().gradients(
    () => {
      const result = task.loss(params, batch, random);
      metrics = mapValues(result.metrics, (metric) => tf.keep(metric));
      return result.loss;
    },
    names.map((name) => params[name] as tf.Tensor),
  );
  // tfjs leaves out what the loss does not reach
  const unreached = names.filter((_, index) => !grads[index]);
  if (unreached.length > 0)
    throw new RangeError(
      `trainer: ${unreached.length} parameters take no part in the loss: found ${unreached.slice(0, 3).join(', ')}.\n` +
        'Leave them out of the initial parameters (a pooler, for example), or use them in the loss.',
    );
  return {
    loss: loss as tf.Scalar,
    // tfjs disposes what is made inside a gradient but for kept tensors, which nobody else would dispose
    metrics: mapValues(metrics, (metric) => {
      const copy = tf.clone(metric);
      metric.dispose();
      return copy;
    }),
    gradients: Object.fromEntries(names.map((name, index) => [name, grads[index]])) as Params,
  };
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, one]) => [key, map(one, key)]));
}

const zerosLike = ({ shape, data }: HostTensor): HostTensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(data.length),
});

const f32 = (number: number): Float32Array => Float32Array.of(number);
const i32 = (number: number): Int32Array => Int32Array.of(number);
const f32s = ({ loss, norm }: Limits): { loss: Float32Array; norm: Float32Array } => ({
  loss: f32(loss),
  norm: f32(norm),
});
const value = ({ data }: HostTensor): number => Number(data[0]);
