// The examples of one split, from wherever its data lies, all of them and in their order.

import { findSplit } from './find-split.js';
import { GlueError } from './glue-error.js';
import { readParquetSplit } from './parquet-split.js';
import { type DroppedRow, parseSplit } from './parse-split.js';
import { layoutOf } from './split-layout.js';
import type { GlueExample, GlueTask, SplitName } from './task.js';

export interface ReadOptions {
  /** Accepts splits that have not the official number of rows: data of your own, samples for tests. */
  readonly anySize?: boolean;
  /**
   * Leaves out rows that cannot be read and tells of each; only where the task is known for them (`hasBrokenRows`),
   * and never in a test set. Without it such a row is an error.
   */
  readonly onDropped?: (row: DroppedRow) => void;
}

/**
 * Reads one split: official folder, official archive (SHA-256 and CRC tested), Microsoft's files of MRPC, or Hugging
 * Face's Parquet files.
 *
 * @param source folder of all tasks, or folder, archive or file of this task
 * @throws GlueError `missing`, `damaged`, `format`, `label`, `rows`; file, line, found and expected in its message
 */
export async function readSplit(
  source: string,
  task: GlueTask,
  split: SplitName,
  { anySize = false, onDropped }: ReadOptions = {},
): Promise<GlueExample[]> {
  const layout = layoutOf(task, split);
  const found = await findSplit(source, task, split);
  const isTest = layout.label === undefined;
  const examples =
    found.kind === 'parquet'
      ? await readParquetSplit(found.paths, task, isTest)
      : parseSplit(found.bytes, found.name, task, layout, onDropped);
  const file = found.kind === 'parquet' ? found.paths.join(', ') : found.name;
  if (!anySize && examples.length !== layout.rows)
    throw new GlueError(
      `${file}: found ${examples.length} rows, expected ${layout.rows}.\n${adviceOnRows(task, examples.length)}`,
      { code: 'rows', file, found: String(examples.length), expected: String(layout.rows) },
    );
  return examples;
}

function adviceOnRows({ title, withdrawnRows, downloads }: GlueTask, rows: number): string {
  return withdrawnRows?.includes(rows)
    ? `This is the withdrawn edition of ${title}: use ${downloads.map(({ path }) => path).join(', ')}.`
    : 'Take the file from its archive again, or pass anySize for data of your own.';
}
