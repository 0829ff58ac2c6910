// The fixture of tools/reference/electra_losses.py, the task that it was computed for, and its step as a program.

import { readFileSync } from 'node:fs';
import {
  albertConfigFromJson,
  albertMaskedLM,
  albertTokenClassifier,
  encode,
} from '@alectra/albert';
import { compile, type EngineName, type Program } from '@alectra/jit';
import type { HostTensor, Params } from '@alectra/nn';
import type { Optimizer, OptimizerState, Tensors } from '@alectra/optim';
import type * as tf from '@tensorflow/tfjs-core';
import { type ElectraTask, electraTask } from './electra-task.js';
import { lossAndGradientsOf } from './gradients.test-support.js';
import { type HeadName, withHead } from './heads.js';
import { TIE_PARTS, type Tying } from './tying.js';

type Values = Record<string, number[]>;
export interface Case {
  readonly head: HeadName;
  readonly tied: string[];
  readonly batch: Values;
  readonly shapes: Record<string, number[]>;
  readonly generatorWeights: Values;
  readonly discriminatorWeights: Values;
  readonly generatorGradients: Values;
  readonly discriminatorGradients: Values;
  readonly total: number;
  readonly generatorLoss: number;
  readonly discriminatorLoss: number;
  readonly score: number[];
  readonly labels: number[];
  readonly exampleLoss: number;
  readonly generatorCorrect: number;
  readonly sampledCorrect: number;
  readonly replaced: number;
  readonly calledReplaced: number;
  readonly truePositives: number;
}

interface Fixture {
  readonly sizes: Record<string, unknown> & { batch: [number, number, number] };
  readonly cases: Case[];
  /** Total, generator and discriminator loss of every step on the first case, by optimizer. */
  readonly trajectories: { adamw: number[][]; lamb: number[][] };
}

// written by tools/reference/electra_losses.py
export const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../fixtures/losses.json', import.meta.url), 'utf8'),
) as Fixture;
export type Update = (
  params: Params,
  gradients: Tensors,
  moments: OptimizerState,
) => ReturnType<Optimizer['update']>;

const { batch, ...sizes } = fixture.sizes;
/** B, S, K. */
export const shape: readonly [number, number, number] = batch;

const generatorConfig = albertConfigFromJson({
  ...sizes,
  num_hidden_layers: 2,
  num_attention_heads: 1,
});
const discriminatorConfig = albertConfigFromJson({
  ...sizes,
  num_hidden_layers: 3,
  num_attention_heads: 2,
});

function taskOf(c: Case): ElectraTask<HostTensor> {
  const weights = (values: Values): Record<string, HostTensor> =>
    Object.fromEntries(
      Object.entries(values).map(([name, x]) => [
        name,
        { dtype: 'float32', shape: c.shapes[name], data: Float32Array.from(x) },
      ]),
    );
  const tie = {
    mode: 'share',
    ...Object.fromEntries(TIE_PARTS.map((part) => [part, c.tied.includes(part)])),
  } as Tying;
  return electraTask({
    generator: albertMaskedLM(generatorConfig),
    discriminator:
      c.head === 'linear2'
        ? albertTokenClassifier(discriminatorConfig)
        : withHead(
            (params, inputs, options) =>
              encode(params, discriminatorConfig, 'albert.', inputs, options),
            c.head,
          ),
    generatorWeights: weights(c.generatorWeights),
    discriminatorWeights: weights(c.discriminatorWeights),
    tokens: { vocabSize: 60, mask: 4, neverMasked: [2, 3, 4] },
    settings: { tie },
  });
}

/**
 * The case's step as one program: it gives losses, metrics, gradients and judgements with all draws given, and moves
 * the weights if there is an optimizer.
 *
 * @param update new parameters and state from gradients; the weights stay as they are if left out
 */
export function programOf(c: Case, engine: EngineName, update?: Update): Promise<Program> {
  const task = taskOf(c);
  const [B, S, K] = shape;
  const int = (width: number) => ({ shape: [B, width], dtype: 'int32' as const });
  const float = { shape: [B, K], dtype: 'float32' as const };
  const zeros = Object.entries(task.params).flatMap(([parameter, { shape: like, data }]) =>
    ['m', 'v'].map((moment) => [
      `${moment}.${parameter}`,
      { dtype: 'float32' as const, shape: like, data: new Float32Array(data.length) },
    ]),
  );
  return compile(
    (state, inputs) => {
      // the trees given below
      const { params, moments } = state as unknown as { params: Params; moments: OptimizerState };
      const x = inputs as Record<string, tf.Tensor2D>;
      const { result, gradients } = lossAndGradientsOf(
        task,
        params,
        { inputIds: x.ids, attentionMask: x.attention, tokenTypeIds: x.segments },
        {
          training: false,
          given: {
            positions: x.positions,
            weights: x.weights,
            shown: x.shown,
            sampled: x.sampled,
          },
        },
      );
      const { loss, metrics, perToken } = result;
      const next = update?.(params, gradients, moments);
      return {
        ...(next ? { state: { params: next.params, moments: next.state } } : {}),
        outputs: { loss, metrics, gradients, score: perToken.logits, labels: perToken.labels },
      };
    },
    {
      engine,
      threads: 1,
      state: { params: task.params, moments: Object.fromEntries(zeros) },
      inputs: {
        ids: int(S),
        attention: int(S),
        segments: int(S),
        positions: int(K),
        sampled: int(K),
        weights: float,
        shown: float,
      },
    },
  );
}
