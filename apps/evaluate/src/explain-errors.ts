// Where a finished run goes wrong on the validation sets.

import { analyseErrors, errorReport, glueTasks, readSplit, type SplitName } from '@alectra/glue';
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
  const reports: string[] = [];
  for (const [split, rows] of Object.entries(await readPredictions(run))) {
    // predictions were stored by the names of the task's splits
    const examples = await readSplit(data, task, split as SplitName, { anySize });
    reports.push(errorReport(analyseErrors(task, examples, rows.flat(), worst)));
  }
  return reports.join('\n');
}
