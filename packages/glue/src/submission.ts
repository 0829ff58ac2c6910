// A submission to the leaderboard: a zip archive of eleven tab-separated files.
//
// Format after gluebenchmark.com/faq and jiant (scripts/benchmarks/benchmarks.py): header `index<TAB>prediction`, then
// one line for each row of the test set, numbered from 0 in every file.

import { writeFileAtomic } from '@alectra/files';
import { GlueError } from './glue-error.js';
import { setName } from './score.js';
import { layoutOf, testSplits } from './split-layout.js';
import type { GlueTask, SplitName, SubmissionName } from './task.js';
import { glueTasks } from './tasks.js';
import { zipBytes } from './write-zip.js';

export interface Prediction {
  /** The index of the example it answers. */
  readonly index: number;
  /** Class, or score of a regression. */
  readonly value: number;
}

export type Predictions = Partial<Readonly<Record<SubmissionName, readonly Prediction[]>>>;

export interface SubmissionSet {
  readonly name: SubmissionName;
  readonly task: GlueTask;
  readonly split: SplitName;
  readonly rows: number;
}

export const HEADER = 'index\tprediction';

/** The eleven sets of a submission, in the order of their files in the archive. */
export function submissionSets(): readonly SubmissionSet[] {
  return Object.values(glueTasks).flatMap((task) =>
    testSplits(task).map((split) => ({
      name: setName(task, split),
      task,
      split,
      rows: layoutOf(task, split).rows,
    })),
  );
}

/**
 * Writes the archive, atomically.
 *
 * @param predictions one for each row of each test set, in order; AX is answered by the model of MNLI
 * @param options.fill `majority` answers a set that is missing with the class most frequent in training
 * @returns the sets that were filled so
 * @throws GlueError `missing` at a set without predictions, `rows` where a row is missing, doubled or out of order,
 * `label` at a class or score that the task has not
 */
export async function writeSubmission(
  path: string,
  predictions: Predictions,
  { fill }: { readonly fill?: 'majority' } = {},
): Promise<{ readonly filled: readonly SubmissionName[] }> {
  const sets = submissionSets();
  const filled = sets.filter(({ name }) => !predictions[name]).map(({ name }) => name);
  if (filled.length > 0 && fill !== 'majority')
    throw new GlueError(
      `the submission lacks ${filled.join(', ')}: a submission has eleven files.\n` +
        'Predict these test sets too, or fill them with the majority class.',
      { code: 'missing', found: `${sets.length - filled.length} sets`, expected: '11 sets' },
    );
  const files = sets.map((set) => {
    const answers = predictions[set.name] ?? majorityPredictions(set);
    return [`${set.name}.tsv`, submissionFile(set, answers)] as const;
  });
  await writeFileAtomic(path, await zipBytes(files));
  return { filled };
}

/** The file of one set. @throws GlueError `rows`, `label` */
export function submissionFile(set: SubmissionSet, predictions: readonly Prediction[]): Buffer {
  const { name, task, rows } = set;
  if (predictions.length !== rows)
    throw new GlueError(
      `${name}: found ${predictions.length} predictions, expected ${rows}, one for each row of the test set.\n` +
        'Predict the whole official test set: no row may be left out.',
      { code: 'rows', file: name, found: String(predictions.length), expected: String(rows) },
    );
  const lines = predictions.map(({ index, value }, row) => {
    if (index !== row)
      throw new GlueError(
        `${name}: found the prediction for row ${index} at ${row}, expected that for row ${row}.\n` +
          'Give predictions in the order of the test set.',
        { code: 'rows', file: name, line: row, found: String(index), expected: String(row) },
      );
    return `${index}\t${written(task, value, name, row)}\n`;
  });
  return Buffer.from(`${HEADER}\n${lines.join('')}`);
}

// As the files write it: the class by its name, a score clipped to the range with three digits.
function written(task: GlueTask, value: number, name: SubmissionName, row: number): string {
  if (task.isRegression && Number.isFinite(value)) {
    const [low, high] = task.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return Math.min(high, Math.max(low, value)).toFixed(3);
  }
  const label = task.fileLabels[value];
  if (label !== undefined) return label;
  const expected = task.isRegression ? 'a number' : `a class from 0 to ${task.labels.length - 1}`;
  throw new GlueError(
    `${name}: found the prediction ${value} at row ${row}, expected ${expected}.\n` +
      `Give ${task.isRegression ? 'scores' : 'classes, not logits,'} of ${task.title}.`,
    {
      code: 'label',
      file: name,
      line: row,
      found: String(value),
      expected,
    },
  );
}

function majorityPredictions({ task, rows }: SubmissionSet): readonly Prediction[] {
  return Array.from({ length: rows }, (_, index) => ({ index, value: task.majority }));
}
