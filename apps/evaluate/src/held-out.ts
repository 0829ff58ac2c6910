// Fine-tuning as the trainer sees it: batches in an order that is a function of (seed, step), and held-out sets.

import {
  type Batch,
  batchRows,
  batchTensors,
  CACHED_TOKENS,
  type EncodedExample,
  evaluationBatches,
  type FinetuneOptions,
  predictStep,
  type TokenBatch,
  trainingBatches,
} from '@alectra/glue';
import type { TensorSpec } from '@alectra/jit';
import type { BatchSource, Evaluation, HostTensors } from '@alectra/trainer';
import { type EvaluationRecord, flatScores, type Predictions } from './evaluation-record.js';

/** How examples become batches. */
export interface BatchLayout {
  /** Rows of a batch; of a wide one that is evaluated there are fewer. */
  readonly batchSize: number;
  /** Ascending; the last holds the longest example. */
  readonly widths: readonly number[];
  readonly padId: number;
  readonly isRegression: boolean;
}

type Shapes = Readonly<Record<string, TensorSpec>>;

/** Of a batch without labels. */
export function tokenShapes(rows: number, width: number): Shapes {
  const ids = { dtype: 'int32', shape: [rows, width] } as const;
  return { inputIds: ids, attentionMask: ids, tokenTypeIds: ids };
}

/** Of a batch of training. */
export function trainingShapes({ batchSize, isRegression }: BatchLayout, width: number): Shapes {
  return {
    ...tokenShapes(batchSize, width),
    labels: { dtype: isRegression ? 'float32' : 'int32', shape: [batchSize] },
    weights: { dtype: 'float32', shape: [batchSize] },
  };
}

/** The batches of a run: the epochs one after another. A position is the number of steps done. */
export function trainingSource(
  train: readonly EncodedExample[],
  { seed, ...layout }: BatchLayout & { readonly seed: number },
): BatchSource {
  const perEpoch = Math.ceil(train.length / layout.batchSize);
  let step = 0;
  let epoch = -1;
  let batches: readonly Batch[] = [];
  return {
    async next() {
      const wanted = Math.floor(step / perEpoch);
      if (wanted !== epoch) batches = trainingBatches(train, { ...layout, seed, epoch: wanted });
      epoch = wanted;
      return { ...batchTensors(batches[step++ % perEpoch], layout) };
    },
    state: () => step,
    seek: (state) => {
      step = Number(state);
    },
  };
}

/** Sets with labels, and what was said of them. */
export interface HeldOut {
  readonly evaluation: Evaluation;
  /** Of the last evaluation; undefined before the first. */
  predictions(): Predictions | undefined;
}

/** @param sets by split, in the order of their rows */
export function heldOut(
  sets: Readonly<Record<string, readonly EncodedExample[]>>,
  options: FinetuneOptions &
    BatchLayout & {
      readonly score: (predictions: Predictions) => Omit<EvaluationRecord, 'step'>;
    },
): HeldOut {
  const { batchSize, widths, score } = options;
  const cut = { batchSize, widths, tokens: CACHED_TOKENS };
  const batches = Object.entries(sets).flatMap(([split, examples]) => {
    const places = new Map(examples.map((example, place) => [example, place]));
    return evaluationBatches(examples, cut).map((batch) => ({ split, places, batch }));
  });
  const predict = predictStep(options);
  let found: Predictions | undefined;
  return {
    predictions: () => found,
    evaluation: {
      inputs: tokenShapes(batchRows(widths[0], cut), widths[0]),
      async *batches() {
        for (const { batch } of batches) yield tokensOf(batch, options);
      },
      step: (parameters, batch) =>
        predict({ parameters }, { batch: batch as unknown as TokenBatch }).outputs, // of `batches` above
      summarise(outputs) {
        const rows: Record<string, number[][]> = {};
        for (const [i, { split, places, batch }] of batches.entries()) {
          const { data, shape } = outputs[i].logits;
          const L = shape[1];
          rows[split] ??= [];
          // every example came from the list
          for (const [row, example] of batch.examples.entries())
            rows[split][places.get(example) as number] = Array.from(
              data.slice(row * L, (row + 1) * L),
            );
        }
        found = rows;
        return flatScores(score(rows));
      },
    },
  };
}

/** The tensors of a batch but for its labels. */
export function tokensOf(batch: Batch, layout: BatchLayout): HostTensors {
  const { inputIds, attentionMask, tokenTypeIds } = batchTensors(batch, layout);
  return { inputIds, attentionMask, tokenTypeIds };
}
