// The columns of the model card's two GLUE tables: eight tasks, one metric each, times 100.

import type { GlueScores } from './score.js';
import type { MetricName, SubmissionName } from './task.js';

export type CardColumn = 'CoLA' | 'SST-2' | 'MRPC' | 'STS-B' | 'QQP' | 'MNLI' | 'QNLI' | 'RTE';

/** Times 100. */
export type CardScores = Partial<Readonly<Record<CardColumn, number>>>;

export interface ColumnLayout {
  readonly title: CardColumn;
  /** In words, for the table's legend. */
  readonly metric: string;
  readonly metricName: MetricName;
  /** The column is the mean over these. */
  readonly sets: readonly SubmissionName[];
}

export const cardColumns: readonly ColumnLayout[] = [
  { title: 'CoLA', metric: 'Matthews', metricName: 'matthews_correlation', sets: ['CoLA'] },
  { title: 'SST-2', metric: 'accuracy', metricName: 'accuracy', sets: ['SST-2'] },
  { title: 'MRPC', metric: 'accuracy', metricName: 'accuracy', sets: ['MRPC'] },
  { title: 'STS-B', metric: 'Spearman', metricName: 'spearmanr', sets: ['STS-B'] },
  { title: 'QQP', metric: 'accuracy', metricName: 'accuracy', sets: ['QQP'] },
  { title: 'MNLI', metric: 'accuracy', metricName: 'accuracy', sets: ['MNLI-m', 'MNLI-mm'] },
  { title: 'QNLI', metric: 'accuracy', metricName: 'accuracy', sets: ['QNLI'] },
  { title: 'RTE', metric: 'accuracy', metricName: 'accuracy', sets: ['RTE'] },
];

/** The card's columns out of full scores; MNLI stands only where both its sets were scored. */
export function cardScores(scores: GlueScores): CardScores {
  const columns: Partial<Record<CardColumn, number>> = {};
  for (const { title, metricName, sets } of cardColumns) {
    const found = sets.map((set) => scores[set]?.[metricName]);
    const known = found.filter((score) => score !== undefined);
    if (known.length === sets.length)
      columns[title] = (100 * known.reduce((sum, score) => sum + score, 0)) / sets.length;
  }
  return columns;
}
