// Which splits a task has.

import { GlueError } from './glue-error.js';
import type { GlueTask, SplitLayout, SplitName } from './task.js';

/** @throws GlueError `missing` if the task has no such split */
export function layoutOf(task: GlueTask, split: SplitName): SplitLayout {
  const layout = task.splits[split];
  if (layout) return layout;
  throw new GlueError(
    `${task.title} has no split "${split}", expected one of ${splitNames(task).join(', ')}.\nName one of these.`,
    { code: 'missing', found: split, expected: splitNames(task).join(', ') },
  );
}

/** The labelled splits that a task is evaluated on: one, two for MNLI, none for AX. */
export function validationSplits(task: GlueTask): readonly SplitName[] {
  return splitNames(task).filter((split) => split.startsWith('validation'));
}

/** The splits that are submitted: one, two for MNLI. */
export function testSplits(task: GlueTask): readonly SplitName[] {
  return splitNames(task).filter((split) => split.startsWith('test'));
}

function splitNames(task: GlueTask): readonly SplitName[] {
  return Object.keys(task.splits) as SplitName[];
}
