// The score of predictions against labels, in the metrics that a task is reported in.

import { accuracy, confusionMatrix, f1, matthews } from './confusion-matrix.js';
import { pearson, spearman } from './correlation.js';
import { GlueError } from './glue-error.js';
import { layoutOf, testSplits, validationSplits } from './split-layout.js';
import type { GlueExample, GlueTask, MetricName, SplitName, SubmissionName } from './task.js';

/** Shares of one; correlations from -1 to 1. */
export type Scores = Partial<Readonly<Record<MetricName, number>>>;

/** Scores of a system, by the set they were taken on; MNLI has two, whether for validation or for test. */
export type GlueScores = Partial<Readonly<Record<SubmissionName, Scores>>>;

type Metric = (labels: ArrayLike<number>, found: ArrayLike<number>, classes: number) => number;

const metrics: Readonly<Record<MetricName, Metric>> = {
  accuracy: (labels, found, classes) => accuracy(confusionMatrix(labels, found, classes)),
  f1: (labels, found, classes) => f1(confusionMatrix(labels, found, classes)),
  matthews_correlation: (labels, found, classes) =>
    matthews(confusionMatrix(labels, found, classes)),
  pearson,
  spearmanr: spearman,
};

/**
 * Every metric of the task, the one the leaderboard leads with first.
 *
 * @param predictions classes, or scores of a regression; the i-th belongs to `labels[i]`
 * @returns NaN for a correlation with constant predictions: it is undefined, not 0
 * @throws RangeError if there are more or fewer predictions than labels, or at a class that the task has not
 */
export function scorePredictions(
  task: GlueTask,
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
): Scores {
  return Object.fromEntries(
    task.metrics.map((name) => [name, metrics[name](labels, predictions, task.labels.length)]),
  );
}

/** The labels of examples, in their order. @throws GlueError `unlabelled` at the first that has none */
export function labelsOf(examples: readonly GlueExample[]): number[] {
  return examples.map(({ index, label }) => {
    if (label === undefined)
      throw new GlueError(
        `cannot score: found no label of example ${index}, expected one for each.\nTest sets of GLUE have none: score a validation set.`,
        { code: 'unlabelled', line: index },
      );
    return label;
  });
}

/** The name under which a split's scores and predictions stand: `validation_matched` of MNLI → `MNLI-m`. */
export function setName(task: GlueTask, split: SplitName): SubmissionName {
  const { submission } = layoutOf(task, split.replace('validation', 'test') as SplitName);
  if (submission) return submission;
  const expected = [...validationSplits(task), ...testSplits(task)].join(', ');
  throw new GlueError(
    `"${split}" of ${task.title} is neither scored nor submitted: expected ${expected}.\n` +
      'Score a validation set, submit a test set.',
    { code: 'missing', found: split, expected },
  );
}
