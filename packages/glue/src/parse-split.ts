// The rows of one tab-separated file of GLUE as examples. Nothing is guessed: a column that is not there, a row of
// another width, an unknown label, a test row out of order each end in a message with file and line.

import { GlueError, type GlueErrorCode } from './glue-error.js';
import type { GlueExample, GlueTask, SplitLayout } from './task.js';
import { type TsvRow, tsvRows } from './tsv.js';

export interface DroppedRow {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly found: string;
  readonly expected: string;
}

/** @throws GlueError `format`, `label`, `rows` */
export function parseSplit(
  bytes: Buffer,
  file: string,
  task: GlueTask,
  layout: SplitLayout,
  onDropped?: (row: DroppedRow) => void,
): GlueExample[] {
  const rows = tsvRows(bytes, file);
  const columns = layout.headerless ?? headerOf(rows, file);
  const place = (name: string | undefined): number =>
    name === undefined ? -1 : columnOf(name, columns, file, task);
  const places = {
    text: place(layout.text),
    textPair: place(layout.textPair),
    label: place(layout.label),
    index: place(layout.index),
  };
  const mayDrop = Boolean(task.hasBrokenRows && onDropped && layout.label);
  const examples: GlueExample[] = [];
  let index = 0;
  for (const row of rows) {
    try {
      examples.push(exampleOf(row, index, { file, task, layout, columns, places }));
    } catch (error) {
      if (!mayDrop || !(error instanceof GlueError)) throw error;
      const { found = '', expected = '' } = error.fault;
      onDropped?.({ file, line: row.line, found, expected });
    }
    index++;
  }
  return examples;
}

function headerOf(rows: Generator<TsvRow>, file: string): readonly string[] {
  const first = rows.next().value as TsvRow | undefined;
  if (!first)
    throw new GlueError(`${file}: found no line, expected a header line.\nDownload it again.`, {
      code: 'format',
      file,
      found: 'no line',
      expected: 'a header line',
    });
  return Array.from({ length: first.width }, (_, column) => first.field(column));
}

function columnOf(name: string, columns: readonly string[], file: string, task: GlueTask): number {
  const column = columns.indexOf(name);
  if (column >= 0) return column;
  const found = columns.map((other) => shown(other)).join(', ');
  throw new GlueError(
    `${file}, line 1: found the columns ${found}, expected a header with "${name}".\n` +
      `Check that this is ${task.title} in its official layout, with its header line.`,
    { code: 'format', file, line: 1, found, expected: name },
  );
}

interface Context {
  readonly file: string;
  readonly task: GlueTask;
  readonly layout: SplitLayout;
  readonly columns: readonly string[];
  readonly places: Readonly<Record<'text' | 'textPair' | 'label' | 'index', number>>;
}

function exampleOf(row: TsvRow, index: number, context: Context): GlueExample {
  const { file, task, layout, columns, places } = context;
  const refuse = (
    code: GlueErrorCode,
    found: string,
    expected: string,
    advice: string,
  ): GlueError =>
    new GlueError(`${file}, line ${row.line}: found ${found}, expected ${expected}.\n${advice}`, {
      code,
      file,
      line: row.line,
      found,
      expected,
    });
  if (row.width !== columns.length)
    throw refuse(
      'format',
      `${row.width} ${row.width === 1 ? 'column' : 'columns'}`,
      String(columns.length),
      task.hasBrokenRows && layout.label
        ? 'Use QQP-clean.zip, or pass onDropped to leave such rows out.'
        : 'A tab or a line break was added or lost: take the file from its archive again.',
    );
  if (places.index >= 0 && row.field(places.index) !== String(index))
    throw refuse(
      'rows',
      `index ${shown(row.field(places.index))}`,
      String(index),
      'Rows of a test set are numbered from 0 without a gap: take the file from its archive again.',
    );
  const text = row.field(places.text);
  const pair = places.textPair >= 0 ? { textPair: row.field(places.textPair) } : {};
  if (places.label < 0) return { index, text, ...pair };
  const written = row.field(places.label);
  const label = parseLabel(task, written);
  if (label === undefined)
    throw refuse(
      'label',
      `the label ${shown(written)}`,
      labelsInWords(task),
      layout.headerless && row.line === 1 && written === layout.label
        ? `The file begins with a header line, which ${task.title} does not have here: remove it.`
        : `Check that this is ${task.title} in its official layout.`,
    );
  return { index, text, ...pair, label };
}

/** Class or score of a label as official files write it; undefined if it is none. */
export function parseLabel(task: GlueTask, written: string): number | undefined {
  if (!task.isRegression) {
    const label = task.fileLabels.indexOf(written);
    return label < 0 ? undefined : label;
  }
  const [low, high] = task.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const score = /^-?\d+(\.\d+)?$/.test(written) ? Number(written) : Number.NaN;
  return score >= low && score <= high ? score : undefined;
}

/** What a label may be, for messages. */
export function labelsInWords(task: GlueTask): string {
  return task.isRegression
    ? `a number from ${task.range?.join(' to ')}`
    : task.fileLabels.join(', ').replace(/, ([^,]*)$/, ' or $1');
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
