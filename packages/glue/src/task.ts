// A GLUE task as data: what its files look like, what its labels mean, how it is scored and submitted.
//
// Wang et al. 2018, https://arxiv.org/abs/1804.07461. Names of tasks, splits, columns and labels are those of the
// Hugging Face data set nyu-mll/glue; folders and files those of the official archives.

import type { KnownFile } from '@alectra/files';

export type TaskName =
  | 'cola'
  | 'sst2'
  | 'mrpc'
  | 'stsb'
  | 'qqp'
  | 'mnli'
  | 'qnli'
  | 'rte'
  | 'wnli'
  | 'ax';

export type SplitName =
  | 'train'
  | 'validation'
  | 'validation_matched'
  | 'validation_mismatched'
  | 'test'
  | 'test_matched'
  | 'test_mismatched';

/** Named as Hugging Face's `evaluate` names them. */
export type MetricName = 'accuracy' | 'f1' | 'matthews_correlation' | 'pearson' | 'spearmanr';

/** Names of the eleven files of a submission, without `.tsv`. */
export type SubmissionName =
  | 'CoLA'
  | 'SST-2'
  | 'MRPC'
  | 'STS-B'
  | 'MNLI-m'
  | 'MNLI-mm'
  | 'QNLI'
  | 'QQP'
  | 'RTE'
  | 'WNLI'
  | 'AX';

export interface SplitLayout {
  /** In the task's folder. */
  readonly file: string;
  readonly rows: number;
  /** Names of the columns of a file that has no header line; absent where the header names them. */
  readonly headerless?: readonly string[];
  /** Names of columns. The index, 0, 1, 2 …, stands in test files only. */
  readonly text: string;
  readonly textPair?: string;
  readonly label?: string;
  readonly index?: string;
  /** Its predictions go into this file. */
  readonly submission?: SubmissionName;
}

export interface GlueTask {
  readonly name: TaskName;
  /** As people write it, such as `SST-2`. */
  readonly title: string;
  /** Folder in the official layout. */
  readonly folder: string;
  /** Columns of Hugging Face's Parquet files: one text or a pair. */
  readonly columns: readonly [string] | readonly [string, string];
  /** Names of the classes; the index is the class. Empty for a regression. */
  readonly labels: readonly string[];
  /** The classes as official files and submissions write them, in the same order. */
  readonly fileLabels: readonly string[];
  readonly isRegression: boolean;
  /** Lowest and highest score of a regression. */
  readonly range?: readonly [number, number];
  /** What the leaderboard reports, in its order. */
  readonly metrics: readonly MetricName[];
  readonly splits: Partial<Readonly<Record<SplitName, SplitLayout>>>;
  /** Its rows may be broken by line breaks inside a text; such rows of training and validation may be left out. */
  readonly hasBrokenRows?: boolean;
  /** Row counts of an earlier edition that was withdrawn. */
  readonly withdrawnRows?: readonly number[];
  /**
   * What a submission says where nothing was predicted: the class most frequent in training, or the mean score. The
   * classes of MNLI and QNLI are even within a few rows: their first.
   */
  readonly majority: number;
  /** Official files, with where each is kept under the data folder. */
  readonly downloads: readonly (KnownFile & { readonly path: string })[];
}

export interface GlueExample {
  /** Row number in its file, from 0. */
  readonly index: number;
  readonly text: string;
  readonly textPair?: string;
  /** Class of a classification, score of a regression; absent in test sets. */
  readonly label?: number;
}
