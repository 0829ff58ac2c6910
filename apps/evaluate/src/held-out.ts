// Fine-tuning as the trainer sees it: batches in an order that is a function of (seed, step), and held-out sets.

import {
  type Batch,
  batchTensors,
  CACHED_TOKENS,
  type EncodedExample,
  evaluationBatches,
  type FinetuneOptions,
  fittingBatches,
  narrowed,
  predictStep,
  type TokenBatch,
  trainingBatches,
} from '@alectra/glue';
import type { InputSpec } from '@alectra/jit';
import type { BatchSource, Evaluation, HostTensors, Programs } from '@alectra/trainer';
import { type EvaluationRecord, flatScores, type Predictions } from './evaluation-record.js';

/** How examples become batches. */
export interface BatchLayout {
  /** Rows of a batch; of a wide one that is evaluated there are fewer. */
  readonly batchSize: number;
  /** Those of the programs where each size is compiled for: ascending; the last holds the longest example. */
  readonly widths: readonly number[];
  readonly padId: number;
  readonly isRegression: boolean;
}

/** Which examples share a batch, whatever the engine pads it to. */
export interface TrainingLayout extends BatchLayout {
  /** Widths that examples are grouped by. */
  readonly groups: readonly number[];
}

type Shapes = Readonly<Record<string, InputSpec>>;

const IDS = { dtype: 'int32', shape: ['batch', 'sequence'] } as const;

/** Of a batch without labels. */
export const TOKEN_SHAPES = { inputIds: IDS, attentionMask: IDS, tokenTypeIds: IDS } as const;

/** Of a batch of training. */
export function trainingShapes({ isRegression }: Pick<BatchLayout, 'isRegression'>): Shapes {
  return {
    ...TOKEN_SHAPES,
    labels: { dtype: isRegression ? 'float32' : 'int32', shape: ['batch'] },
    weights: { dtype: 'float32', shape: ['batch'] },
  };
}

/** The batches of a run: the epochs one after another. A position is the number of steps done. */
export function trainingSource(
  train: readonly EncodedExample[],
  { seed, groups, ...layout }: TrainingLayout & { readonly seed: number },
  { anySize }: Pick<Programs, 'anySize'>,
): BatchSource {
  const widths = anySize ? undefined : layout.widths;
  const grouped = { batchSize: layout.batchSize, widths: groups, seed };
  const perEpoch = Math.ceil(train.length / layout.batchSize);
  let step = 0;
  let epoch = -1;
  let batches: readonly Batch[] = [];
  return {
    async next() {
      const wanted = Math.floor(step / perEpoch);
      if (wanted !== epoch) batches = trainingBatches(train, { ...grouped, epoch: wanted });
      epoch = wanted;
      return { ...batchTensors(narrowed(batches[step++ % perEpoch], widths), layout) };
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
  const placed = (batchesOf: (examples: readonly EncodedExample[]) => readonly Batch[]) =>
    Object.entries(sets).flatMap(([split, examples]) => {
      const places = new Map(examples.map((example, place) => [example, place]));
      return batchesOf(examples).map((batch) => ({ split, places, batch }));
    });
  let asked: ReturnType<typeof placed> = [];
  const predict = predictStep(options);
  let found: Predictions | undefined;
  return {
    predictions: () => found,
    evaluation: {
      inputs: TOKEN_SHAPES,
      async *batches({ anySize }) {
        const batchesOf = anySize ? fittingBatches : evaluationBatches;
        asked = placed((examples) => batchesOf(examples, cut));
        for (const { batch } of asked) yield tokensOf(batch, options);
      },
      step: (parameters, batch) =>
        predict({ parameters }, { batch: batch as unknown as TokenBatch }).outputs, // of `batches` above
      summarise(outputs) {
        const rows: Record<string, number[][]> = {};
        for (const [i, { split, places, batch }] of asked.entries()) {
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
