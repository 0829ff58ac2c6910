// Our side of a comparison: the whole train step as one program, which also tells what it drew.

import { compile, type EngineName, type HostTensor, type Program, type Tree } from '@alectra/jit';
import type { Params, TokenBatch } from '@alectra/nn';
import {
  globalNormScale,
  lossAndGradients,
  type Optimizer,
  type OptimizerState,
} from '@alectra/optim';
import type { Batch } from '@alectra/owt-loader';
import * as tf from '@tensorflow/tfjs-core';
import type { ReproducedTask } from './reproduce-networks.js';

export interface StepOptions {
  readonly optimizer: Optimizer;
  /** Undefined for no clipping. */
  readonly maxGradientNorm: number | undefined;
  readonly rows: number;
  readonly length: number;
  readonly seed: number;
  readonly engine: EngineName | 'auto';
  readonly threads: number;
}

/** Total, generator and discriminator loss. */
export type Losses = readonly [total: number, generator: number, discriminator: number];

/** What the reference needs in order to take the same step. */
export interface Draws {
  readonly maskedIds: number[];
  readonly positions: number[];
  readonly weights: number[];
  readonly sampled: number[];
}

export interface OurStack {
  readonly engine: EngineName;
  /** @param step updates made before this one */
  step(batch: Batch, step: number, learningRate: number): Promise<{ losses: Losses; draws: Draws }>;
  /** The flat record of parameters. */
  parameters(): Promise<Record<string, HostTensor>>;
  dispose(): void;
}

type Outputs = Record<'loss' | 'generatorLoss' | 'discriminatorLoss' | keyof Draws, HostTensor>;

export async function ourStack(
  { task }: ReproducedTask,
  { optimizer, maxGradientNorm, rows, length, seed, engine, threads }: StepOptions,
): Promise<OurStack> {
  const ids = { dtype: 'int32', shape: [rows, length] } as const;
  const int = { dtype: 'int32', shape: [] } as const;
  const zeros = Object.entries(task.params).flatMap(([name, { shape, data }]) =>
    ['m', 'v'].map((moment) => [
      `${moment}.${name}`,
      { dtype: 'float32' as const, shape, data: new Float32Array(data.length) },
    ]),
  );
  const program: Program = await compile(
    (state, inputs) => {
      // the trees given below
      const { parameters, moments } = state as unknown as State;
      const { batch, key, learningRate } = inputs as unknown as Inputs;
      const { result, gradients } = lossAndGradients(parameters, (params) =>
        task.loss(params, batch, { training: true, key }),
      );
      const next = optimizer.update(parameters, gradients, moments, {
        learningRate,
        step: key.counter,
        ...(maxGradientNorm !== undefined && {
          gradientScale: globalNormScale(gradients, maxGradientNorm).scale,
        }),
      });
      const { metrics, perSlot, perToken } = result;
      const mean = (sum?: tf.Scalar, count?: tf.Scalar): tf.Tensor =>
        tf.div(sum as tf.Scalar, count as tf.Scalar); // both networks are there, so all sums are
      return {
        state: { parameters: next.params, moments: next.state },
        outputs: {
          loss: result.loss,
          generatorLoss: mean(metrics.generatorLoss, metrics.slots),
          discriminatorLoss: mean(metrics.discriminatorLoss, metrics.tokens),
          maskedIds: perToken.maskedIds,
          positions: perSlot.positions,
          weights: perSlot.weights,
          sampled: perSlot.sampled,
        },
      };
    },
    {
      engine,
      threads,
      state: { parameters: task.params, moments: Object.fromEntries(zeros) },
      inputs: {
        batch: { inputIds: ids, attentionMask: ids, tokenTypeIds: ids },
        key: { seed: int, counter: int },
        learningRate: { dtype: 'float32', shape: [] },
      },
    },
  );
  return {
    engine: program.engine,
    async step({ inputIds, attentionMask, tokenTypeIds }, step, learningRate) {
      const outputs = (await program.run({
        batch: { inputIds, attentionMask, tokenTypeIds },
        key: { seed, counter: step + 1 },
        learningRate,
      } as Tree<Int32Array | number>)) as unknown as Outputs;
      const value = (name: keyof Outputs): number => Number(outputs[name].data[0]);
      const list = (name: keyof Draws): number[] => Array.from(outputs[name].data, Number);
      return {
        losses: [value('loss'), value('generatorLoss'), value('discriminatorLoss')],
        draws: {
          maskedIds: list('maskedIds'),
          positions: list('positions'),
          weights: list('weights'),
          sampled: list('sampled'),
        },
      };
    },
    async parameters() {
      const { parameters } = (await program.readState()) as unknown as {
        parameters: Record<string, HostTensor>;
      };
      return parameters;
    },
    dispose: () => program.dispose(),
  };
}

interface State {
  readonly parameters: Params;
  readonly moments: OptimizerState;
}

interface Inputs {
  readonly batch: TokenBatch;
  readonly key: { readonly seed: tf.Scalar; readonly counter: tf.Scalar };
  readonly learningRate: tf.Scalar;
}
