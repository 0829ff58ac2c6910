// The test labels that their makers have published: MRPC's and STS-B's. For checking a finished system without the
// leaderboard; who chooses between systems by them has no test set any more. That is why `readSplit` leaves them out.

import { findFile } from './find-split.js';
import { GlueError } from './glue-error.js';
import { labelsInWords, parseLabel } from './parse-split.js';
import { layoutOf } from './split-layout.js';
import type { GlueTask, TaskName } from './task.js';
import { tsvRows } from './tsv.js';

interface LabelFile {
  readonly file: string;
  readonly column: number;
  /** Whether it begins with a header line. */
  readonly header: boolean;
}

// STS-B's has seven columns, nine where the sources of a pair are known, and no header: score in the fifth.
const FILES: Partial<Readonly<Record<TaskName, LabelFile>>> = {
  mrpc: { file: 'msr_paraphrase_test.txt', column: 0, header: true },
  stsb: { file: 'original/sts-test.tsv', column: 4, header: false },
};

/**
 * The labels of the test set, in its order.
 *
 * @param source as for `readSplit`
 * @throws GlueError `unlabelled` for a task whose test labels are not public, `missing`, `label`, `rows`
 */
export async function readPublicTestLabels(
  source: string,
  task: GlueTask,
  { anySize = false }: { readonly anySize?: boolean } = {},
): Promise<number[]> {
  const layout = FILES[task.name];
  if (!layout)
    throw new GlueError(
      `the test labels of ${task.title} are not public, only those of MRPC and STS-B are.\n` +
        'Score its validation set, or submit to the leaderboard.',
      { code: 'unlabelled', found: task.name },
    );
  const found = await findFile(source, task, layout.file);
  if (!found)
    throw new GlueError(`${source} holds no ${task.folder}/${layout.file}.\nDownload the task.`, {
      code: 'missing',
      file: source,
      expected: layout.file,
    });
  const labels: number[] = [];
  for (const row of tsvRows(found.bytes, found.name)) {
    if (layout.header && row.line === 1) continue;
    const written = row.field(layout.column);
    const label = parseLabel(task, written);
    if (label === undefined)
      throw new GlueError(
        `${found.name}, line ${row.line}: found the label ${JSON.stringify(written)}, ` +
          `expected ${labelsInWords(task)}.\nTake the file from its source again.`,
        { code: 'label', file: found.name, line: row.line, found: written },
      );
    labels.push(label);
  }
  const { rows } = layoutOf(task, 'test');
  if (!anySize && labels.length !== rows)
    throw new GlueError(
      `${found.name}: found ${labels.length} rows, expected ${rows}.\nTake the file from its source again.`,
      { code: 'rows', file: found.name, found: `${labels.length}`, expected: `${rows}` },
    );
  return labels;
}
