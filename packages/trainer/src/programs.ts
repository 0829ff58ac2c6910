// The compiled functions of a run, all over one state inside the engine: those of an optimizer step, and the held-out
// step over the same parameters.
//
// The schedule advances once an optimizer step, however many micro-batches that takes.

import { availableParallelism } from 'node:os';
import { compile, type EngineName, type Precision, type Step } from '@alectra/jit';
import type { Optimizer } from '@alectra/optim';
import * as tf from '@tensorflow/tfjs-core';
import { type Outputs, RANDOM, randomKey, run, zeros } from './host-values.js';
import { inLanes, threadsBeside } from './in-lanes.js';
import { mapValues } from './map-values.js';
import {
  compileOptimizerStep,
  type OptimizerStep,
  type OptimizerStepOptions,
  type Place,
} from './optimizer-step.js';
import { evaluateStep } from './traced-steps.js';
import type { Evaluation, HostTensors } from './training-task.js';

export interface TrainingProgramOptions extends OptimizerStepOptions {
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

/** Compiled functions over one state. They serve one run after another: `writeState` begins anew. */
export interface Programs {
  readonly engine: EngineName;
  /** Micro-batches an optimizer step. */
  readonly accumulation: number;
  readonly step: OptimizerStep;
  /** Batches of all sizes that `inputs` leaves open are taken as they come; if not, each size is compiled for first. */
  readonly anySize: boolean;
  /** Metrics of the held-out batches, or undefined without an evaluation. */
  evaluate(seed: number): Promise<Readonly<Record<string, number>> | undefined>;
  readState(): Promise<TrainingState>;
  writeState(state: TrainingState): Promise<void>;
  dispose(): void;
}

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
  const { accumulation, engine, threads, precision, evaluation } = options;
  const gradients = accumulation > 1 ? mapValues(parameters, zeros) : undefined;
  const main = await compile(ready, {
    state: {
      parameters,
      optimizer: optimizer ?? initialOptimizerState(options.optimizer, parameters),
      ...(gradients && { gradients }),
    },
    inputs: {},
    engine,
    ...(threads !== undefined && { threads }),
    ...(precision !== undefined && { precision }),
  });
  try {
    const cores = threads || availableParallelism();
    const lanes = Math.min(main.lanes, cores);
    const place = { main, cores, lanes };
    const step = await compileOptimizerStep(options, place, parameters);
    const evaluate = evaluation && (await compileEvaluation(evaluation, place));
    return {
      engine: main.engine,
      accumulation,
      step: step.run,
      anySize: step.anySize,
      evaluate: async (seed) => evaluate?.(seed),
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
  } catch (error) {
    main.dispose();
    throw error;
  }
}

/** Owns the state, and tells which engine it is in before anything is traced for it. */
const ready: Step = () => ({ outputs: { ready: tf.scalar(1) } });

async function compileEvaluation(
  evaluation: Evaluation,
  { main, cores, lanes }: Place,
): Promise<(seed: number) => Promise<Readonly<Record<string, number>>>> {
  const program = await main.compile(evaluateStep(evaluation), {
    inputs: { batch: evaluation.inputs, random: RANDOM },
    ...threadsBeside(lanes, cores),
  });
  async function* works(
    frozen: Pick<typeof program, 'run'>,
    seed: number,
  ): AsyncGenerator<() => Promise<Outputs>> {
    let at = 0;
    for await (const batch of evaluation.batches(program)) {
      const random = randomKey(seed ^ EVALUATION, at++);
      yield () => run(frozen, { batch, random });
    }
  }
  return async (seed) => {
    const outputs = await program.whileFrozen((run) => inLanes(lanes, works({ run }, seed)));
    return evaluation.summarise(outputs as unknown as HostTensors[]); // of the held-out step
  };
}

// Keeps the draws of evaluation apart from those of training.
const EVALUATION = 0x5eed;
