// The diagnostic set with its labels, `diagnostic-full.tsv`, and scores by linguistic category.
//
// Wang et al. 2018, section 4 and appendix B. Each pair bears the categories of four groups; the official score is the
// three-class Matthews correlation. The file is published apart from the benchmark, for analysis only.

import { readFile } from 'node:fs/promises';
import { accuracy, confusionMatrix, matthews } from './confusion-matrix.js';
import { GlueError } from './glue-error.js';
import { parseSplit } from './parse-split.js';
import type { GlueExample } from './task.js';
import { glueTasks } from './tasks.js';
import { tsvRows } from './tsv.js';

export const diagnosticGroups = [
  'Lexical Semantics',
  'Predicate-Argument Structure',
  'Logic',
  'Knowledge',
] as const;

export type DiagnosticGroup = (typeof diagnosticGroups)[number];

export interface DiagnosticExample extends GlueExample {
  readonly label: number;
  /** Categories by group; a pair may have none, or several. */
  readonly categories: Readonly<Record<DiagnosticGroup, readonly string[]>>;
}

export interface CategoryScore {
  readonly group: DiagnosticGroup | 'all';
  /** Absent for the whole group. */
  readonly category?: string;
  readonly count: number;
  readonly matthews: number;
  readonly accuracy: number;
}

const LAYOUT = {
  file: 'diagnostic-full.tsv',
  rows: 1104,
  text: 'Premise',
  textPair: 'Hypothesis',
  label: 'Label',
};

/**
 * Reads `diagnostic-full.tsv`.
 *
 * @throws GlueError `format`, `label`, `rows`; the error of the file system if the file cannot be read
 */
export async function readDiagnostic(
  path: string,
  { anySize = false }: { readonly anySize?: boolean } = {},
): Promise<DiagnosticExample[]> {
  const bytes = await readFile(path);
  const examples = parseSplit(bytes, path, glueTasks.ax, LAYOUT);
  if (!anySize && examples.length !== LAYOUT.rows)
    throw new GlueError(
      `${path}: found ${examples.length} rows, expected ${LAYOUT.rows}.\nDownload it again, or pass anySize for data of your own.`,
      { code: 'rows', file: path, found: `${examples.length}`, expected: `${LAYOUT.rows}` },
    );
  const [head, ...rows] = tsvRows(bytes, path);
  const columns = Array.from({ length: head?.width ?? 0 }, (_, column) => head?.field(column));
  const places = diagnosticGroups.map((group) => {
    const column = columns.indexOf(group);
    if (column >= 0) return column;
    throw new GlueError(
      `${path}, line 1: found the columns ${columns.join(', ')}, expected one "${group}".\nUse diagnostic-full.tsv.`,
      {
        code: 'format',
        file: path,
        line: 1,
        expected: group,
      },
    );
  });
  return examples.map(({ label = 0, ...example }, i) => {
    const groups = diagnosticGroups.map((group, g) => {
      const names = rows[i]?.field(places[g] ?? -1).split(';') ?? [];
      return [group, names.map((name) => name.trim()).filter(Boolean)];
    });
    return { ...example, label, categories: Object.fromEntries(groups) };
  });
}

/**
 * Scores all pairs, each group and each category.
 *
 * @param predictions classes of MNLI, in the order of the examples
 * @returns the whole first, then group by group, categories by name
 * @throws RangeError if there are not as many predictions as examples, or at a class that is none
 */
export function scoreByCategory(
  examples: readonly DiagnosticExample[],
  predictions: ArrayLike<number>,
): readonly CategoryScore[] {
  if (examples.length !== predictions.length)
    throw new RangeError(
      `glue: diagnostic: found ${predictions.length} predictions, expected ${examples.length}.\n` +
        'Predict every pair, in the order of the file.',
    );
  const rows = examples.map((example, i) => ({ ...example, predicted: predictions[i] ?? -1 }));
  const score = (chosen: typeof rows): Pick<CategoryScore, 'count' | 'matthews' | 'accuracy'> => {
    const labels = chosen.map(({ label }) => label);
    const found = chosen.map(({ predicted }) => predicted);
    const matrix = confusionMatrix(labels, found, glueTasks.ax.labels.length);
    return { count: chosen.length, matthews: matthews(matrix), accuracy: accuracy(matrix) };
  };
  const groups = diagnosticGroups.flatMap((group) => {
    const within = rows.filter(({ categories }) => categories[group].length > 0);
    if (within.length === 0) return [];
    const names = [...new Set(within.flatMap(({ categories }) => categories[group]))].sort();
    const parts = names.map((category) => ({
      ...{ group, category },
      ...score(within.filter(({ categories }) => categories[group].includes(category))),
    }));
    return [{ group, ...score(within) }, ...parts];
  });
  return [{ group: 'all', ...score(rows) }, ...groups];
}
