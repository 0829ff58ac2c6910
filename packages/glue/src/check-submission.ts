// Every defect of a submission, found before it is uploaded: the leaderboard allows few uploads a day and says little.

import { GlueError } from './glue-error.js';
import { labelsInWords } from './parse-split.js';
import { HEADER, type SubmissionSet, submissionSets } from './submission.js';
import { type TsvRow, tsvRows } from './tsv.js';
import { type ArchiveEntry, withArchive } from './zip-archive.js';

export interface Defect {
  /** In the archive; the archive itself where it is at fault. */
  readonly file: string;
  /** Of the first such defect, from 1. */
  readonly line?: number;
  readonly found: string;
  readonly expected: string;
  /** How many such defects the file has. */
  readonly count: number;
}

// The largest honest file, QQP's, has under 4 MB.
const MAX_FILE_BYTES = 2 ** 25;

/**
 * Checks an archive of anyone's making against the leaderboard's format: names, headers, row counts, numbering, labels.
 *
 * @returns no defect, or all of them; equal ones of a file once, with their number
 * @throws the error of the file system if the archive cannot be opened
 */
export async function checkSubmission(path: string): Promise<Defect[]> {
  try {
    return await withArchive(path, (entries) => checkEntries(path, entries));
  } catch (error) {
    if (!(error instanceof GlueError)) throw error;
    return [defect(path, error.fault.found ?? error.message, 'a zip archive')];
  }
}

/** One line for a person: file, line, found, expected, how often. */
export function describeDefect({ file, line, found, expected, count }: Defect): string {
  const where = line === undefined ? file : `${file}, line ${line}`;
  const more = count > 1 ? `, and ${count - 1} more of its kind` : '';
  return `${where}: found ${found}, expected ${expected}${more}`;
}

async function checkEntries(archive: string, entries: readonly ArchiveEntry[]): Promise<Defect[]> {
  const defects: Defect[] = [];
  const sets = new Map(submissionSets().map((set) => [`${set.name}.tsv`, set]));
  const missing = new Set(sets.keys());
  for (const entry of entries) {
    const set = sets.get(entry.name);
    if (!set) defects.push(wrongName(entry.name, [...sets.keys()]));
    else if (!missing.delete(entry.name))
      defects.push(defect(entry.name, 'the file twice', 'it once'));
    else defects.push(...(await checkEntry(set, entry)));
  }
  for (const name of missing) defects.push(defect(archive, `no ${name}`, 'eleven files'));
  return defects;
}

function wrongName(name: string, expected: readonly string[]): Defect {
  const base = name.slice(name.lastIndexOf('/') + 1);
  const meant = expected.find((other) => other.toLowerCase() === base.toLowerCase());
  if (meant && base !== name) return defect(name, 'the file in a folder', `${meant} at the top`);
  if (meant) return defect(name, 'this name', meant);
  return defect(name, 'a file of no task', `only ${expected.join(', ')}`);
}

async function checkEntry(set: SubmissionSet, entry: ArchiveEntry): Promise<readonly Defect[]> {
  const file = entry.name;
  if (entry.byteLength > MAX_FILE_BYTES)
    return [defect(file, `${entry.byteLength} bytes`, `at most ${MAX_FILE_BYTES}`)];
  try {
    return checkFile(set, file, await entry.read());
  } catch (error) {
    if (!(error instanceof GlueError)) throw error;
    const { line, found = 'damage', expected = 'an undamaged file' } = error.fault;
    return [defect(file, found, expected, line)];
  }
}

function checkFile(set: SubmissionSet, file: string, bytes: Buffer): readonly Defect[] {
  const found = new Map<string, Defect>();
  const note = (kind: string, at: number | undefined, was: string, expected: string): void => {
    const before = found.get(kind);
    if (before) found.set(kind, { ...before, count: before.count + 1 });
    else found.set(kind, defect(file, was, expected, at));
  };
  if (bytes[0] === 0xef) note('mark', 1, 'a byte order mark', 'none');
  if (bytes.includes(0x0d))
    note('line-end', undefined, 'carriage returns', 'lines that end in \\n');
  let rows = 0;
  for (const row of tsvRows(bytes, file)) {
    if (row.line === 1) {
      const head = Array.from({ length: row.width }, (_, i) => row.field(i)).join('\t');
      if (head !== HEADER) note('header', 1, JSON.stringify(head), JSON.stringify(HEADER));
      // A first line that is a row already is checked as one.
      if (!/^\d+$/.test(row.field(0))) continue;
    }
    checkRow(set, row, rows, note);
    rows++;
  }
  if (rows !== set.rows) {
    const edition = set.task.withdrawnRows?.includes(rows)
      ? ', those of the withdrawn edition'
      : '';
    note('rows', undefined, `${rows} rows${edition}`, `${set.rows}`);
  }
  return [...found.values()];
}

function checkRow(
  { task }: SubmissionSet,
  row: TsvRow,
  index: number,
  note: (kind: string, line: number, found: string, expected: string) => void,
): void {
  if (row.width !== 2) {
    note('width', row.line, `${row.width} columns`, '2');
    return;
  }
  const numbered = row.field(0);
  if (numbered !== `${index}`)
    note('index', row.line, `index ${JSON.stringify(numbered)}`, `${index}, counted from 0`);
  const value = row.field(1);
  if (!isPrediction(task, value))
    note('value', row.line, JSON.stringify(value), labelsInWords(task));
}

function isPrediction(task: SubmissionSet['task'], value: string): boolean {
  if (!task.isRegression) return task.fileLabels.includes(value);
  const [low, high] = task.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const score = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  return score >= low && score <= high;
}

function defect(file: string, found: string, expected: string, line?: number): Defect {
  return { file, ...(line !== undefined && { line }), found, expected, count: 1 };
}
