// How a model of MNLI does on the diagnostic set, by linguistic category.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { categoryReport, glueTasks, readDiagnostic, scoreByCategory } from '@alectra/glue';
import type { EngineName } from '@alectra/jit';
import { predictRun } from './predict-run.js';
import { answers } from './task-scores.js';
import { UsageError } from './usage-error.js';

export interface DiagnoseOptions {
  /** Folder of a finished run of MNLI. */
  readonly run: string;
  readonly data: string;
  readonly engine: EngineName | 'auto';
  readonly threads: number;
}

/** Scores of all pairs, of each group and of each category, as Markdown. */
export async function diagnose({ run, data, engine, threads }: DiagnoseOptions): Promise<string> {
  const { ax } = glueTasks;
  const path = join(data, ax.folder, 'diagnostic-full.tsv');
  if (!existsSync(path))
    throw new UsageError(
      `evaluate: there is no ${path}: expected the diagnostic set with its labels.\n` +
        'GLUE publishes it apart from the test sets, at gluebenchmark.com/diagnostics: put it there.',
    );
  const examples = await readDiagnostic(path);
  const outputs = await predictRun(run, ax, examples, { engine, threads });
  return categoryReport(scoreByCategory(examples, answers(ax, outputs)));
}
