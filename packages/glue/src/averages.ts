// One number for a system: the leaderboard's, and the one of ELECTRA's papers. They differ in tasks and in metrics.

import { type CardScores, cardColumns } from './card-columns.js';
import type { GlueScores } from './score.js';
import type { SubmissionName } from './task.js';

export interface Average {
  /** Times 100; absent while a task is missing, NaN where a task's score is. */
  readonly value?: number;
  readonly missing: readonly string[];
}

// Each task once; MNLI is the mean of its two sets. The diagnostic set does not count.
const TASKS: readonly (readonly SubmissionName[])[] = [
  ['CoLA'],
  ['SST-2'],
  ['MRPC'],
  ['STS-B'],
  ['QQP'],
  ['MNLI-m', 'MNLI-mm'],
  ['QNLI'],
  ['RTE'],
  ['WNLI'],
];

/**
 * The leaderboard's average: nine tasks, WNLI among them; a task with two metrics counts with their mean, MNLI with the
 * mean of matched and mismatched. BERT-large's columns give its 80.5.
 */
export function leaderboardAverage(scores: GlueScores): Average {
  const missing = TASKS.flat().filter((set) => !scores[set]);
  if (missing.length > 0) return { missing };
  const tasks = TASKS.map((sets) =>
    mean(sets.map((set) => mean(Object.values(scores[set] ?? {})))),
  );
  return { value: 100 * mean(tasks), missing };
}

/** The average of ELECTRA's papers and of the model card's columns: eight tasks without WNLI, one metric each. */
export function electraAverage(scores: CardScores): Average {
  const missing = cardColumns
    .map(({ title }) => title)
    .filter((title) => scores[title] === undefined);
  if (missing.length > 0) return { missing };
  return { value: mean(cardColumns.map(({ title }) => scores[title] ?? Number.NaN)), missing };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
