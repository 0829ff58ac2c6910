// A task's compiled programs: one for each width of batch, for training and for predictions, over one state.
//
// Compiling takes longer than many steps, so a session serves all seeds of a task: `write` begins another run.

import {
  type Batch,
  batchTensors,
  type FinetuneOptions,
  finetuneStep,
  predictStep,
} from '@alectra/glue';
import {
  compile,
  type EngineName,
  type HostTensor,
  type Program,
  type Step,
  type TensorSpec,
  type Tree,
} from '@alectra/jit';
import type { Optimizer } from '@alectra/optim';
import type { HostTensors } from '@alectra/trainer';

export interface SessionOptions extends FinetuneOptions {
  readonly optimizer: Optimizer;
  /** 0 for no clipping. */
  readonly maxGradientNorm: number;
  /** Rows of every batch. */
  readonly batchSize: number;
  readonly padId: number;
  readonly engine: EngineName | 'auto';
  /** 0 leaves it to the engine. */
  readonly threads: number;
}

/** Parameters and optimizer state as host memory. */
export interface RunState {
  readonly parameters: HostTensors;
  readonly optimizer: HostTensors;
}

export interface StepScalars {
  /** Of dropout; the counter is the step. */
  readonly seed: number;
  /** Updates done before this one. */
  readonly step: number;
  readonly learningRate: number;
}

export interface Session {
  readonly engine: EngineName;
  /** One update; the loss before it. */
  train(batch: Batch, scalars: StepScalars): Promise<{ loss: number; norm: number }>;
  /** Logits or scores, one array for each example of the batch. */
  predict(batch: Batch): Promise<number[][]>;
  read(): Promise<RunState>;
  write(state: RunState): Promise<void>;
  dispose(): void;
}

const SCALAR = { dtype: 'float32', shape: [] } as const;
const COUNT = { dtype: 'int32', shape: [] } as const;

/** The state in which a run begins: its optimizer has seen nothing. */
export function freshState(parameters: HostTensors): RunState {
  const zeros = (prefix: string): [string, HostTensor][] =>
    Object.entries(parameters).map(([name, { shape, data }]) => [
      `${prefix}.${name}`,
      { dtype: 'float32', shape, data: new Float32Array(data.length) },
    ]);
  return { parameters, optimizer: Object.fromEntries([...zeros('m'), ...zeros('v')]) };
}

/** @param width of the program that is compiled first; others follow when their first batch comes */
export async function openSession(
  options: SessionOptions,
  state: RunState,
  width: number,
): Promise<Session> {
  const { batchSize, isRegression, engine, threads, padId } = options;
  const tokens = (S: number): Record<string, TensorSpec> => {
    const ids = { dtype: 'int32', shape: [batchSize, S] } as const;
    return { inputIds: ids, attentionMask: ids, tokenTypeIds: ids };
  };
  const trainInputs = (S: number): Tree<TensorSpec> => ({
    batch: {
      ...tokens(S),
      labels: { dtype: isRegression ? 'float32' : 'int32', shape: [batchSize] },
      weights: { dtype: 'float32', shape: [batchSize] },
    },
    random: { seed: COUNT, counter: COUNT },
    learningRate: SCALAR,
    step: SCALAR,
  });
  const trainStep: Step = finetuneStep(options);
  const main = await compile(predictStep(options), {
    state: { ...state },
    inputs: { batch: tokens(width) },
    engine,
    ...(threads > 0 && { threads }),
  });
  const predictors = new Map<number, Program>([[width, main]]);
  const trainers = new Map<number, Program>();
  const programFor = async (
    programs: Map<number, Program>,
    step: Step,
    inputs: Tree<TensorSpec>,
    S: number,
  ): Promise<Program> => {
    const found = programs.get(S) ?? (await main.compile(step, { inputs }));
    programs.set(S, found);
    return found;
  };
  const tensors = (batch: Batch) => batchTensors(batch, { batchSize, padId, isRegression });

  return {
    engine: main.engine,
    async train(batch, { seed, step, learningRate }) {
      const program = await programFor(trainers, trainStep, trainInputs(batch.width), batch.width);
      const outputs = (await program.run({
        batch: { ...tensors(batch) },
        random: { seed: Int32Array.of(seed), counter: Int32Array.of(step) },
        learningRate: Float32Array.of(learningRate),
        step: Float32Array.of(step + 1),
      })) as Record<'loss' | 'norm', HostTensor>;
      return { loss: Number(outputs.loss.data[0]), norm: Number(outputs.norm.data[0]) };
    },
    async predict(batch) {
      const { width: S } = batch;
      const inputs = { batch: tokens(S) };
      const program = await programFor(predictors, predictStep(options), inputs, S);
      const { inputIds, attentionMask, tokenTypeIds } = tensors(batch);
      const { logits } = (await program.run({
        batch: { inputIds, attentionMask, tokenTypeIds },
      })) as Record<'logits', HostTensor>;
      const L = logits.shape[1];
      return batch.examples.map((_, row) => Array.from(logits.data.slice(row * L, (row + 1) * L)));
    },
    read: async () => (await main.readState()) as unknown as RunState, // the tree that was compiled
    write: (next) => main.writeState({ ...next }),
    dispose: () => main.dispose(),
  };
}
