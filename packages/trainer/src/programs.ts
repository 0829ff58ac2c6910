// The compiled functions of a run, all over one state inside the engine.
//
//   fused        forward, backward, clip and update in one graph (one micro-batch a step)
//   accumulate   forward, backward; adds to the gradient sums
//   apply        clip and update from the gradient sums, which it sets back to zero
//   evaluate     the held-out step, over the same parameters
//
// A batch of other shapes than the first one's is computed by a program of its own, over the same state.
//
// The schedule advances once an optimizer step, however many micro-batches that takes.

import { availableParallelism } from 'node:os';
import {
  compile,
  type EngineName,
  type HostTensor,
  type Precision,
  type Program,
  type TensorSpec,
  type Tree,
} from '@alectra/jit';
import type { Optimizer } from '@alectra/optim';
import * as tf from '@tensorflow/tfjs-core';
import type { Limits } from './guard.js';
import { mapValues } from './map-values.js';
import { programsByShape } from './programs-by-shape.js';
import {
  accumulateStep,
  applyStep,
  evaluateStep,
  fusedStep,
  type StepOptions,
} from './traced-steps.js';
import type { Evaluation, HostTensors } from './training-task.js';

export interface TrainingProgramOptions extends StepOptions {
  /** Of a batch. Batches of other shapes are compiled for when the first of them comes. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly evaluation?: Evaluation | undefined;
  readonly engine: EngineName | 'auto';
  readonly threads?: number | undefined;
  /** Type of matrix products; `bf16` needs engine `tensorflow`. */
  readonly precision?: Precision | undefined;
}

/** Parameters and optimizer state as host memory. */
export interface TrainingState {
  readonly parameters: HostTensors;
  readonly optimizer: HostTensors;
}

/** One optimizer step as seen from outside. */
export interface StepOutcome {
  readonly loss: number;
  /** Norm of the averaged gradients before clipping. */
  readonly norm: number;
  readonly applied: boolean;
  readonly sums: Readonly<Record<string, number>>;
}

/** What a step depends on besides state and batch. */
export interface StepScalars {
  /** Of the random draws. */
  readonly seed: number;
  /** Optimizer steps done so far: draws and bias correction are functions of it. */
  readonly step: number;
  readonly learningRate: number;
  readonly limits: Limits;
}

/** Compiled functions over one state. They serve one run after another: `writeState` begins anew. */
export interface Programs {
  readonly engine: EngineName;
  /** Micro-batches an optimizer step. */
  readonly accumulation: number;
  step(nextBatch: () => Promise<HostTensors>, scalars: StepScalars): Promise<StepOutcome>;
  /** Metrics of the held-out batches, or undefined without an evaluation. */
  evaluate(seed: number): Promise<Readonly<Record<string, number>> | undefined>;
  readState(): Promise<TrainingState>;
  writeState(state: TrainingState): Promise<void>;
  dispose(): void;
}

const SCALAR = { dtype: 'float32', shape: [] } as const;
const INT_SCALAR = { dtype: 'int32', shape: [] } as const;
const RANDOM = { seed: INT_SCALAR, counter: INT_SCALAR };
const UPDATE = {
  learningRate: SCALAR,
  step: SCALAR,
  limits: { loss: SCALAR, norm: SCALAR },
};

/** The state with which the optimizer begins for these parameters, as host memory of its own. */
export function initialOptimizerState(optimizer: Optimizer, parameters: HostTensors): HostTensors {
  return tf.tidy(() => {
    const tensors = mapValues(parameters, ({ data, shape }) => tf.tensor(data, [...shape]));
    return mapValues(optimizer.init(tensors), (tensor) => ({
      dtype: 'float32' as const,
      shape: tensor.shape,
      data: Float32Array.from(tensor.dataSync<'float32'>()),
    }));
  });
}

/**
 * Traces and compiles everything; the first call of a run that takes time. The caller disposes.
 *
 * @param initial parameters, and the optimizer's state if it has seen them before
 */
export async function compilePrograms(
  options: TrainingProgramOptions,
  { parameters, optimizer }: Pick<TrainingState, 'parameters'> & Partial<TrainingState>,
): Promise<Programs> {
  const { accumulation, engine, threads, precision, evaluation, inputs } = options;
  const fused = accumulation === 1;
  const gradients = fused ? undefined : mapValues(parameters, zerosLike);
  const state = {
    parameters,
    optimizer: optimizer ?? initialOptimizerState(options.optimizer, parameters),
    ...(gradients && { gradients }),
  };
  const base = {
    engine,
    ...(threads !== undefined && { threads }),
    ...(precision !== undefined && { precision }),
  };
  const step = fused ? fusedStep(options) : accumulateStep(options);
  const stepInputs = (batch: TrainingProgramOptions['inputs']) => ({
    ...{ batch, random: RANDOM },
    ...(fused && { update: UPDATE }),
  });
  const main = await compile(step, { state, inputs: stepInputs(inputs), ...base });
  const mainFor = programsByShape(inputs, main, (batch) =>
    main.compile(step, { inputs: stepInputs(batch) }),
  );
  const apply = fused
    ? undefined
    : await main.compile(applyStep(options), { inputs: { update: UPDATE, loss: SCALAR } });
  // batches side by side on a thread each, not one on all threads: those would wait for one another at every node
  const cores = threads || availableParallelism();
  const lanes = Math.min(main.lanes, cores);
  const compileEvaluation = (of: Evaluation, batch: Evaluation['inputs']) =>
    main.compile(evaluateStep(of), {
      inputs: { batch, random: RANDOM },
      ...(lanes > 1 && { threads: Math.floor(cores / lanes) }),
    });
  const evaluateFor =
    evaluation &&
    programsByShape(
      evaluation.inputs,
      await compileEvaluation(evaluation, evaluation.inputs),
      (batch) => compileEvaluation(evaluation, batch),
    );

  const run = async (program: Program, tree: unknown): Promise<Outputs> =>
    (await program.run(tree as Tree<HostTensor>)) as unknown as Outputs; // outputs as the steps below return them

  return {
    engine: main.engine,
    accumulation,
    async step(nextBatch, { seed, step, learningRate, limits }) {
      const update = { learningRate: f32(learningRate), step: f32(step + 1), limits: f32s(limits) };
      const sums: Record<string, number> = {};
      let loss = 0;
      for (let micro = 0; micro < accumulation; micro++) {
        const random = { seed: i32(seed), counter: i32(step * accumulation + micro) };
        const batch = await nextBatch();
        const given = { batch, random, ...(fused && { update }) };
        const outputs = await run(await mainFor(batch), given);
        loss += value(outputs.loss) / accumulation;
        for (const [name, sum] of Object.entries(outputs.metrics))
          sums[name] = (sums[name] ?? 0) + value(sum);
        if (fused)
          return { loss, sums, norm: value(outputs.norm), applied: value(outputs.applied) === 1 };
      }
      const outputs = await run(apply as Program, { update, loss: f32(loss) });
      return { loss, sums, norm: value(outputs.norm), applied: value(outputs.applied) === 1 };
    },
    async evaluate(seed) {
      if (!evaluateFor || !evaluation) return undefined;
      const outputs: Promise<Outputs>[] = [];
      for await (const batch of evaluation.batches()) {
        const random = { seed: i32(seed ^ EVALUATION), counter: i32(outputs.length) };
        const program = await evaluateFor(batch);
        await outputs[outputs.length - lanes];
        const output = run(program, { batch, random });
        output.catch(() => undefined); // reported when it is awaited
        outputs.push(output);
      }
      return evaluation.summarise((await Promise.all(outputs)) as unknown as HostTensors[]); // of the held-out step
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
