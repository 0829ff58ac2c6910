// Where a finished run goes wrong on the validation sets.

import {
  analyseErrors,
  errorReport,
  type GlueExample,
  type GlueTask,
  glueTasks,
  readSplit,
  type SplitName,
  setName,
} from '@alectra/glue';
import type { Predictions } from './evaluation-record.js';
import { readPredictions, readResult } from './run-store.js';
import { UsageError } from './usage-error.js';

export interface ExplainErrorsOptions {
  /** Folder of a run: `<out>/<task>/seed-1`. */
  readonly run: string;
  readonly data: string;
  readonly anySize: boolean;
  /** Worst examples to show. */
  readonly worst: number;
}

/** Confusion, calibration and worst examples as Markdown, one section for each validation set. */
export async function explainErrors({
  run,
  data,
  anySize,
  worst,
}: ExplainErrorsOptions): Promise<string> {
  const result = await readResult(run);
  const task = Object.values(glueTasks).find(({ name }) => name === result?.task);
  if (!task)
    throw new UsageError(
      `evaluate: ${run} is no finished run: found no result.json of a task, expected a folder such as runs/glue/x/CoLA/seed-1.\n` +
        'Run the evaluation to its end first.',
    );
  const predictions = await readPredictions(run);
  const validation: Record<string, readonly GlueExample[]> = {};
  // predictions were stored by the names of the task's splits
  for (const split of Object.keys(predictions))
    validation[split] = await readSplit(data, task, split as SplitName, { anySize });
  return errorsOf(task, validation, predictions, worst);
}

/** @param worst examples to show of each set */
export function errorsOf(
  task: GlueTask,
  validation: Readonly<Record<string, readonly GlueExample[]>>,
  predictions: Predictions,
  worst = 10,
): string {
  const reports = Object.entries(validation).map(([split, examples]) =>
    errorReport(
      analyseErrors(task, examples, predictions[split].flat(), worst),
      setName(task, split as SplitName), // as above
    ),
  );
  return reports.join('\n');
}
