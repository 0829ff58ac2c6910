// Replaced-token detection as the trainer takes it: loss, held-out evaluation, and the figures people read.

import {
  addSums,
  areaUnderCurve,
  countTokens,
  discriminatorReport,
  type ElectraTask,
  generatorReport,
  METRIC_NAMES,
  type MetricSums,
  type MetricTensors,
  scoredTokens,
  unigramBaseline,
} from '@alectra/electra-task';
import type { HostTensor } from '@alectra/jit';
import type { TokenBatch, HostTensor as Weight } from '@alectra/nn';
import type { Evaluation, HostTensors, TrainingTask } from '@alectra/trainer';
import type * as tf from '@tensorflow/tfjs-core';
import { hostBatch, type TokenInputs } from './data.js';
import type { Networks } from './networks.js';

type Figures = Readonly<Record<string, number>>;

// Programs know a batch as tensors by name; those of data.ts have these three.
const tokenBatch = (batch: Readonly<Record<string, tf.Tensor>>): TokenBatch =>
  batch as unknown as TokenBatch;

export function trainingTask({ task, tokens }: Networks): TrainingTask {
  return {
    loss(params, batch, key) {
      const { loss, metrics } = task.loss(params, tokenBatch(batch), { training: true, key });
      return { loss, metrics: sumsByName(metrics) };
    },
    summarise: (sums) => figures(sums, tokens.vocabSize),
  };
}

/** What evaluation keeps of each held-out batch, for the report at the end. */
export interface HeldOutBatch {
  readonly inputIds: HostTensor;
  readonly corruptedIds: HostTensor;
  /** `[B, S]`, positive for "replaced". */
  readonly logits: HostTensor;
  readonly labels: HostTensor;
  readonly weights: HostTensor;
}

export interface HeldOutEvaluation extends Evaluation {
  /** The outputs of the last evaluation. */
  last(): readonly HeldOutBatch[];
}

/**
 * Evaluation on held-out batches: figures of both networks, AUC with its standard error, and the baselines of
 * models that have learned nothing.
 */
export function heldOutEvaluation(
  { task, tokens }: Networks,
  inputs: TokenInputs,
  batches: () => AsyncIterable<Parameters<typeof hostBatch>[0]>,
): HeldOutEvaluation {
  let last: HeldOutBatch[] = [];
  let counts = new Float64Array(tokens.vocabSize);
  return {
    inputs,
    async *batches() {
      counts = new Float64Array(tokens.vocabSize);
      for await (const batch of batches()) {
        countTokens(counts, batch.inputIds, batch.attentionMask, tokens);
        yield hostBatch(batch);
      }
    },
    step: (params, batch, key) => evaluationStep(task, params, batch, key),
    summarise(outputs) {
      last = outputs as unknown as HeldOutBatch[]; // as evaluationStep returns them
      const sums = outputs.map(sumsOf).reduce(addSums, {});
      const scored = scoredTokens(
        last.map(({ logits, labels, weights }) => ({
          logits: logits.data,
          labels: labels.data,
          weights: weights.data,
        })),
      );
      const { auc, standardError } = areaUnderCurve(scored);
      const unigram = unigramBaseline(counts);
      return {
        ...figures(sums, tokens.vocabSize),
        auc,
        aucError: standardError,
        unigramLoss: unigram.loss,
        unigramAccuracy: unigram.accuracy,
      };
    },
    last: () => last,
  };
}

function evaluationStep(
  task: ElectraTask<Weight>,
  ...[params, batch, key]: Parameters<Evaluation['step']>
): Record<string, tf.Tensor> {
  const { metrics, perToken } = task.loss(params, tokenBatch(batch), { training: false, key });
  const { corruptedIds, logits, labels, weights } = perToken;
  const { inputIds } = tokenBatch(batch);
  return { ...sumsByName(metrics), inputIds, corruptedIds, logits, labels, weights };
}

/** Those that the task has: a uniform generator has fewer, Electric more. */
function sumsByName(metrics: MetricTensors): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(metrics));
}

function sumsOf(outputs: HostTensors): MetricSums {
  const pairs = METRIC_NAMES.map((name) => [name, outputs[name]] as const);
  return Object.fromEntries(
    pairs.flatMap(([name, tensor]) => (tensor ? [[name, Number(tensor.data[0])]] : [])),
  );
}

/** Flat figures for metrics.jsonl; undefined parts (no generator) are left out. */
function figures(sums: MetricSums, vocabSize: number): Figures {
  const generator = generatorReport(sums, vocabSize);
  const discriminator = discriminatorReport(sums);
  const all = {
    generatorLoss: generator?.loss,
    generatorAccuracy: generator?.accuracy,
    sampledAccuracy: generator?.sampledAccuracy,
    maskedShare: generator?.maskedShare,
    discriminatorLoss: discriminator?.loss,
    discriminatorAccuracy: discriminator?.accuracy,
    precision: discriminator?.precision,
    recall: discriminator?.recall,
    replacedShare: discriminator?.replacedShare,
    majorityAccuracy: discriminator?.majorityAccuracy,
    constantLoss: discriminator?.constantLoss,
  };
  const known = Object.entries(all).filter(
    (pair): pair is [string, number] => pair[1] !== undefined,
  );
  return Object.fromEntries(known);
}
