// From logits to the scores of a task, as they are stored with a run and as they enter the table.

import {
  argmax,
  cardScores,
  type GlueExample,
  type GlueScores,
  type GlueTask,
  labelsOf,
  type SplitName,
  scorePredictions,
  setName,
  summariseSeeds,
} from '@alectra/glue';
import type { EvaluationRecord, Predictions, StoredScores } from './evaluation-record.js';
import type { RunResult } from './run-store.js';

/**
 * Class with the largest logit of every row, or the score as it is: clipped to the task's range it would have another
 * correlation (on one submission Pearson 0.614 instead of 0.612), and nobody's dev scores are clipped. Submissions are.
 *
 * @throws Error at an output that is not a number: the model diverged
 */
export function answers(task: GlueTask, outputs: readonly (readonly number[])[]): number[] {
  return outputs.map((row, i) => {
    if (row.some(Number.isNaN))
      throw new Error(
        `evaluate: ${task.title} cannot be answered: found NaN for example ${i}, expected numbers.\n` +
          'The model diverged: lower --learning-rate, or give another seed.',
      );
    return task.isRegression ? row[0] : argmax(row, 0, row.length);
  });
}

/** Scores of predictions on the labelled splits. */
export function scoreSplits(
  task: GlueTask,
  validation: Readonly<Record<string, readonly GlueExample[]>>,
  predictions: Predictions,
): Omit<EvaluationRecord, 'step'> {
  const scores: GlueScores = Object.fromEntries(
    Object.entries(validation).map(([split, examples]) => [
      setName(task, split as SplitName), // keys are splits of the task
      scorePredictions(task, labelsOf(examples), answers(task, predictions[split])),
    ]),
  );
  return { score: headline(task, scores), scores: stored(scores) };
}

/** The card's figure for the task, times 100; for tasks that the card leaves out their accuracy. */
function headline(task: GlueTask, scores: GlueScores): number | null {
  const columns = Object.values(cardScores(scores));
  const [first] = Object.values(scores);
  const value = columns.at(0) ?? 100 * (first?.accuracy ?? Number.NaN);
  if (columns.length > 1) throw new Error(`unreachable: ${task.name} fills one column`);
  return finite(value);
}

/** Scores of several runs of one task as one: the median of each metric. */
export function medianScores(runs: readonly Pick<RunResult, 'kept'>[]): GlueScores {
  const [first] = runs;
  if (!first) return {};
  return Object.fromEntries(
    Object.entries(first.kept.scores).map(([set, metrics]) => [
      set,
      Object.fromEntries(
        Object.keys(metrics).map((metric) => [
          metric,
          summariseSeeds(runs.map(({ kept }) => kept.scores[set]?.[metric] ?? Number.NaN)).median,
        ]),
      ),
    ]),
  );
}

function stored(scores: GlueScores): StoredScores {
  return Object.fromEntries(
    Object.entries(scores).map(([set, metrics]) => [
      set,
      Object.fromEntries(Object.entries(metrics).map(([metric, value]) => [metric, finite(value)])),
    ]),
  );
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
