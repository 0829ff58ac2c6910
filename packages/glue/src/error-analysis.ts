// Where a model goes wrong: which classes it confuses, whether it knows, and its worst examples.

import { argmax, type Calibration, calibration, softmaxRows } from './calibration.js';
import { type ConfusionMatrix, confusionMatrix } from './confusion-matrix.js';
import { labelsOf } from './score.js';
import type { GlueExample, GlueTask } from './task.js';

export interface WorstExample {
  readonly example: GlueExample;
  /** Names of classes, or scores. */
  readonly label: string;
  readonly predicted: string;
  /** Probability of the predicted class; absent for a regression. */
  readonly confidence?: number;
  /** Cross-entropy in nats, or the distance between the scores. */
  readonly loss: number;
}

export interface ErrorAnalysis {
  readonly task: GlueTask;
  readonly examples: number;
  /** These two are for classifications. */
  readonly confusion?: ConfusionMatrix;
  readonly calibration?: Calibration;
  /** The largest loss first: wrong answers of a classification, scores that are off by any distance. */
  readonly worst: readonly WorstExample[];
}

/**
 * Compares a model's outputs with the labels.
 *
 * @param outputs logits `[N, C]`, flat, of a classification; scores `[N]` of a regression
 * @param count how many of the worst examples to keep
 * @throws GlueError `unlabelled`; RangeError if there are not as many outputs as examples need, or one is NaN
 */
export function analyseErrors(
  task: GlueTask,
  examples: readonly GlueExample[],
  outputs: ArrayLike<number>,
  count = 10,
): ErrorAnalysis {
  const labels = labelsOf(examples);
  const classes = task.isRegression ? 1 : task.labels.length;
  if (outputs.length !== examples.length * classes)
    throw new RangeError(
      `glue: error analysis of ${task.title}: found ${outputs.length} outputs, expected ${examples.length * classes}, ` +
        `${classes} for each of ${examples.length} examples.\nGive the outputs for all examples, in their order.`,
    );
  const judged = task.isRegression
    ? judgeScores(examples, labels, outputs)
    : judgeClasses(task, examples, labels, outputs);
  const worst = judged.wrong.sort((a, b) => b.loss - a.loss).slice(0, count);
  const { confusion, calibration: found } = judged;
  return {
    task,
    examples: examples.length,
    ...(confusion && { confusion }),
    ...(found && { calibration: found }),
    worst,
  };
}

interface Judged {
  readonly wrong: WorstExample[];
  readonly confusion?: ConfusionMatrix;
  readonly calibration?: Calibration;
}

function judgeScores(
  examples: readonly GlueExample[],
  labels: readonly number[],
  scores: ArrayLike<number>,
): Judged {
  const wrong = examples.map((example, i) => {
    const score = scores[i] ?? Number.NaN;
    if (Number.isNaN(score))
      throw new RangeError(
        `glue: error analysis: found NaN as the score of example ${example.index}, expected a number.\n` +
          'The model diverged: train it with a lower learning rate.',
      );
    const label = labels[i] ?? Number.NaN;
    return {
      example,
      label: label.toFixed(2),
      predicted: score.toFixed(2),
      loss: Math.abs(score - label),
    };
  });
  return { wrong };
}

function judgeClasses(
  { labels: names }: GlueTask,
  examples: readonly GlueExample[],
  labels: readonly number[],
  logits: ArrayLike<number>,
): Judged {
  const classes = names.length;
  const probabilities = softmaxRows(logits, classes);
  const predictions = labels.map((_, i) => argmax(probabilities, i * classes, classes));
  const wrong = examples.flatMap((example, i) => {
    const predicted = predictions[i] ?? 0;
    const label = labels[i] ?? 0;
    if (predicted === label) return [];
    return [
      {
        example,
        label: names[label] ?? '',
        predicted: names[predicted] ?? '',
        confidence: probabilities[i * classes + predicted] ?? 0,
        loss: -Math.log(probabilities[i * classes + label] ?? 0),
      },
    ];
  });
  return {
    wrong,
    confusion: confusionMatrix(labels, predictions, classes),
    calibration: calibration(probabilities, labels),
  };
}
