// Results as a table, in the model card's columns: as text for a terminal, as Markdown, as plain data.

import { electraAverage } from './averages.js';
import { type ColumnLayout, cardColumns } from './card-columns.js';
import type { ResultRow } from './card-rows.js';

const ABSENT = '–';
const AVERAGE = 'mean of 8';

/** For a terminal: a table for each set that has rows, figures right-aligned, notes below. */
export function textTable(rows: readonly ResultRow[]): string {
  return sections(rows, (title, lines, notes) => {
    const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => width(line[i]))));
    const aligned = lines.map((line) =>
      line
        .map((cell, i) =>
          isFigure(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    );
    return [title, '', ...aligned, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
  });
}

/** The same for a README.md. */
export function markdownTable(rows: readonly ResultRow[]): string {
  return sections(rows, (title, [head = [], ...lines], notes) => {
    const line = (cells: readonly string[]): string =>
      `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
    const rule = `| ${head.map((_, i) => (isFigure(i) ? '---:' : '---')).join(' | ')} |`;
    const list = notes.map((note) => `${note}\n`);
    return [`${title}\n`, line(head), rule, ...lines.map(line), '', ...list].join('\n').trimEnd();
  });
}

/** The same as plain data for a JSON file: what the columns are, rows with their average, scores times 100. */
export function tableData(rows: readonly ResultRow[]): {
  readonly columns: readonly Pick<ColumnLayout, 'title' | 'metric' | 'sets'>[];
  readonly rows: readonly (ResultRow & { readonly average?: number })[];
} {
  return {
    columns: cardColumns.map(({ title, metric, sets }) => ({ title, metric, sets })),
    rows: rows.map((row) => ({ ...row, average: electraAverage(row.scores).value })),
  };
}

type Render = (
  title: string,
  lines: readonly (readonly string[])[],
  notes: readonly string[],
) => string;

function sections(rows: readonly ResultRow[], render: Render): string {
  const titles = { dev: 'Validation sets', test: 'Test sets' };
  const legend = cardColumns.map(({ title, metric }) => `${title} ${metric}`).join(', ');
  const parts = (['dev', 'test'] as const).flatMap((set) => {
    const own = rows.filter((row) => row.set === set);
    if (own.length === 0) return [];
    const notes = [...new Set(own.flatMap((row) => row.notes ?? []))];
    const head = ['system', ...cardColumns.map(({ title }) => title), AVERAGE, 'runs'];
    const lines = own.map((row) => cellsOf(row, notes));
    const title = `${titles[set]}, times 100: ${legend}.`;
    return [
      render(
        title,
        [head, ...lines],
        notes.map((note, i) => `[${i + 1}] ${note}`),
      ),
    ];
  });
  return `${parts.join('\n\n')}\n`;
}

function cellsOf(row: ResultRow, notes: readonly string[]): readonly string[] {
  const marks = (row.notes ?? []).map((note) => ` [${notes.indexOf(note) + 1}]`).join('');
  const { value } = electraAverage(row.scores);
  return [
    `${row.system}${marks}`,
    ...cardColumns.map(({ title }) => figure(row.scores[title])),
    figure(value),
    row.aggregation,
  ];
}

function figure(value: number | undefined): string {
  return value === undefined ? ABSENT : value.toFixed(1);
}

// The first column names the system, the last its runs.
function isFigure(column: number): boolean {
  return column > 0 && column <= cardColumns.length + 1;
}

function width(cell = ''): number {
  return cell.length;
}
