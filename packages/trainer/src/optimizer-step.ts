// An optimizer step as compiled functions over one state, in the way that fits task, engine and options.
//
//   fused        forward, backward, clip and update in one graph (one micro-batch a step)
//   accumulate   forward, backward; adds to the gradient sums of the state, once a micro-batch
//   apply        clip and update from the gradient sums, which it sets back to zero
//   gradients    forward, backward of a part of a batch; parts run side by side on some of the threads each, which
//                do not wait for one another at every node
//   apply parts  adds the gradients of the parts; clip and update
//
// A batch may have any size where axes of the inputs have names instead of sizes.

import type { InputSpec, Program, TensorSpec } from '@alectra/jit';
import { checkRows, openRows, PARTS, partsOf, smallestBatch } from './batch-parts.js';
import type { Limits } from './guard.js';
import { f32, type Outputs, RANDOM, randomKey, run, SCALAR, value, zeros } from './host-values.js';
import { inLanes, threadsBeside } from './in-lanes.js';
import { mapValues } from './map-values.js';
import {
  accumulateStep,
  applyPartsStep,
  applyStep,
  fusedStep,
  gradientsStep,
  type StepOptions,
} from './traced-steps.js';
import type { HostTensors, TrainingTask } from './training-task.js';

/** One optimizer step as seen from outside. */
export interface StepOutcome {
  readonly loss: number;
  /** Norm of the gradients of the whole step before clipping. */
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

export type OptimizerStep = (
  nextBatch: () => Promise<HostTensors>,
  scalars: StepScalars,
) => Promise<StepOutcome>;

export interface OptimizerStepOptions extends StepOptions {
  /** Of a batch. Axes with a name instead of a size differ from batch to batch. */
  readonly inputs: Inputs;
}

export type Inputs = Readonly<Record<string, InputSpec>>;

/** Where programs of one state run. */
export interface Place {
  /** Owns the state; programs compiled from it have all threads. */
  readonly main: Program;
  readonly cores: number;
  /** Runs that leave the state as it is which may be under way at once. */
  readonly lanes: number;
}

/** A step, and whether its program takes batches of all sizes; otherwise each is compiled for when it first comes. */
export interface CompiledStep {
  readonly run: OptimizerStep;
  readonly anySize: boolean;
}

/**
 * Compiles the programs of a step.
 *
 * @param parameters those of the state, which has sums of `gradients` too where a step takes several micro-batches
 */
export function compileOptimizerStep(
  options: OptimizerStepOptions,
  place: Place,
  parameters: Readonly<Record<string, TensorSpec>>,
): Promise<CompiledStep> {
  const { task, accumulation, inputs } = options;
  if (accumulation > 1) return accumulated(options, place);
  // by the name, not by the lanes: the draws are the same on a machine with one core
  if (hasTotals(task) && place.main.engine === 'onnxruntime' && mayHaveParts(inputs))
    return inParts({ ...options, task }, place, parameters);
  return fused(options, place);
}

async function fused(options: OptimizerStepOptions, { main }: Place): Promise<CompiledStep> {
  const program = await main.compile(fusedStep(options), {
    inputs: { batch: options.inputs, random: RANDOM, update: UPDATE },
  });
  return {
    anySize: program.anySize,
    run: async (nextBatch, scalars) => {
      const batch = await nextBatch();
      const random = randomKey(scalars.seed, scalars.step);
      const outputs = await run(program, { batch, random, update: updateOf(scalars) });
      return { ...added([outputs]), ...outcomeOf(outputs) };
    },
  };
}

async function accumulated(options: OptimizerStepOptions, { main }: Place): Promise<CompiledStep> {
  const { accumulation, inputs } = options;
  const program = await main.compile(accumulateStep(options), {
    inputs: { batch: inputs, random: RANDOM },
  });
  const apply = await main.compile(applyStep(options), {
    inputs: { update: UPDATE, loss: SCALAR },
  });
  return {
    anySize: program.anySize,
    run: async (nextBatch, scalars) => {
      const found: Outputs[] = [];
      for (let micro = 0; micro < accumulation; micro++) {
        const random = randomKey(scalars.seed, scalars.step * accumulation + micro);
        found.push(await run(program, { batch: await nextBatch(), random }));
      }
      const { loss, sums } = added(found, accumulation);
      const outputs = await run(apply, { update: updateOf(scalars), loss: f32(loss) });
      return { loss, sums, ...outcomeOf(outputs) };
    },
  };
}

async function inParts(
  options: OptimizerStepOptions & { readonly task: TaskWithTotals },
  { main, cores, lanes }: Place,
  parameters: Readonly<Record<string, TensorSpec>>,
): Promise<CompiledStep> {
  const { task, inputs } = options;
  const totalsOf = (batch: HostTensors): Record<string, Float32Array> =>
    mapValues(task.totals(batch), f32);
  const totals = mapValues(totalsOf(smallestBatch(inputs)), () => SCALAR);
  const program = await main.compile(gradientsStep(options), {
    inputs: { batch: openRows(inputs), random: RANDOM, totals },
    lendsOutputs: true,
    ...threadsBeside(Math.min(lanes, PARTS), cores),
  });
  // without the values, which would stay in memory
  const shapes = mapValues(parameters, ({ dtype, shape }) => ({ dtype, shape }));
  const apply = await main.compile(applyPartsStep(options), {
    inputs: { update: UPDATE, loss: SCALAR, gradients: Array(PARTS).fill(shapes) },
  });
  return {
    anySize: program.anySize,
    run: async (nextBatch, scalars) => {
      const batch = await nextBatch();
      checkRows(batch, inputs);
      const totals = totalsOf(batch);
      const found: Outputs[] = []; // in the order in which they end
      const works = partsOf(batch).map((part, at) => async () => {
        const random = randomKey(scalars.seed, scalars.step * PARTS + at);
        const outputs = await run(program, { batch: part, random, totals });
        found.push(outputs);
        return outputs;
      });
      try {
        const parts = await inLanes(lanes, works);
        const { loss, sums } = added(parts);
        const gradients = parts.map((outputs) => outputs.gradients);
        while (gradients.length < PARTS) gradients.push(mapValues(shapes, zeros)); // a single row
        const outputs = await run(apply, { update: updateOf(scalars), loss: f32(loss), gradients });
        return { loss, sums, ...outcomeOf(outputs) };
      } finally {
        for (const outputs of found) program.giveBack(outputs);
      }
    },
  };
}

type TaskWithTotals = TrainingTask & Required<Pick<TrainingTask, 'totals'>>;

/** Whether batches have as many rows as parts, or leave it open. */
function mayHaveParts(inputs: Inputs): boolean {
  const rows = Object.values(inputs)[0]?.shape[0] ?? 0;
  return typeof rows === 'string' || rows >= PARTS;
}

const hasTotals = (task: TrainingTask): task is TaskWithTotals => task.totals !== undefined;

const UPDATE = { learningRate: SCALAR, step: SCALAR, limits: { loss: SCALAR, norm: SCALAR } };

const updateOf = ({ learningRate, step, limits: { loss, norm } }: StepScalars) => ({
  learningRate: f32(learningRate),
  step: f32(step + 1),
  limits: { loss: f32(loss), norm: f32(norm) },
});

/** Loss and metric sums of all of `found`, the loss divided by `count`. */
function added(found: readonly Outputs[], count = 1): Pick<StepOutcome, 'loss' | 'sums'> {
  const sums: Record<string, number> = {};
  let loss = 0;
  for (const outputs of found) {
    loss += value(outputs.loss) / count;
    for (const [name, sum] of Object.entries(outputs.metrics))
      sums[name] = (sums[name] ?? 0) + value(sum);
  }
  return { loss, sums };
}

const outcomeOf = ({ norm, applied }: Outputs): Pick<StepOutcome, 'norm' | 'applied'> => ({
  norm: value(norm),
  applied: value(applied) === 1,
});
