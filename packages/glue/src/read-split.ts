// The examples of one split, from wherever its data lies.

import type { GlueExample, GlueTask, SplitName } from './task.js';

export interface ReadOptions {
  /** Told of each row that is left out; only tasks with `hasBrokenRows` have such rows, and never test sets. */
  readonly onDropped?: (row: DroppedRow) => void;
}

export interface DroppedRow {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly found: string;
  readonly expected: string;
}

/** Not written yet. */
export function readSplit(
  source: string,
  task: GlueTask,
  split: SplitName,
  options: ReadOptions = {},
): Promise<GlueExample[]> {
  return Promise.reject(new Error(`glue: ${source} ${task.name} ${split} ${options.onDropped}`));
}
