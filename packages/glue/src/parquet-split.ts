// The examples of a split in Hugging Face's Parquet files: nyu-mll/glue, or a copy of it.
//
// Its label is -1 where there is none. MRPC's test set carries real labels there; they are left out, so that nobody
// tunes on them unawares. Its `idx` counts the rows of the source before it was split, so it has gaps in MRPC.
// Nothing inside a Parquet file tests its bytes; a Hugging Face cache names each by its SHA-256, which is tested. Files
// without such a name are read by a process that is ended when it must.

import { readFile } from 'node:fs/promises';
import { cachedHash, ProcessStartError } from '@alectra/files';
import { GlueError, type GlueErrorCode } from './glue-error.js';
import { type ParquetRow, parquetRows, trustedParquetRows } from './parquet-rows.js';
import { labelsInWords } from './parse-split.js';
import type { GlueExample, GlueTask } from './task.js';

/** @throws GlueError `damaged`, `format`, `label`, `rows` */
export async function readParquetSplit(
  paths: readonly string[],
  task: GlueTask,
  isTest: boolean,
): Promise<GlueExample[]> {
  const examples: GlueExample[] = [];
  for (const path of paths) {
    const rows = await readRows(path, task);
    for (const [number, row] of rows.entries())
      examples.push(exampleOf(row, examples.length, { file: path, number, task, isTest }));
  }
  return examples;
}

async function readRows(path: string, task: GlueTask): Promise<readonly ParquetRow[]> {
  const isTrusted = await checkCachedHash(path);
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const columns = [...task.columns, 'label', 'idx'];
  try {
    return await (isTrusted ? trustedParquetRows : parquetRows)({ file, columns });
  } catch (error) {
    if (error instanceof ProcessStartError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw new GlueError(
      `${path} cannot be read as Parquet: found ${found}, expected the columns ${columns.join(', ')}.\n` +
        'Download it again, or check that it holds this task.',
      { code: 'damaged', file: path, found },
      error,
    );
  }
}

/** Whether the file is named by its hash, which is then right. @throws GlueError `damaged` */
async function checkCachedHash(path: string): Promise<boolean> {
  const hash = await cachedHash(path);
  if (!hash) return false;
  const { expected, found } = hash;
  if (found === expected) return true;
  throw new GlueError(
    `${path} is damaged: found SHA-256 ${found}, expected ${expected}, its name in the cache.\nDownload it again.`,
    { code: 'damaged', file: path, found, expected },
  );
}

interface Place {
  readonly file: string;
  readonly number: number;
  readonly task: GlueTask;
  readonly isTest: boolean;
}

function exampleOf(
  row: ParquetRow,
  index: number,
  { file, number, task, isTest }: Place,
): GlueExample {
  const refuse = (code: GlueErrorCode, found: string, expected: string): GlueError =>
    new GlueError(
      `${file}, row ${number}: found ${found}, expected ${expected}.\nCheck that the file holds ${task.title}.`,
      { code, file, line: number, found, expected },
    );
  const [text, textPair] = task.columns.map((column) => {
    const value = row[column];
    if (typeof value !== 'string')
      throw refuse('format', `${value === null ? 'null' : typeof value} in "${column}"`, 'text');
    return value;
  });
  const texts = { text: text ?? '', ...(textPair !== undefined && { textPair }) };
  if (isTest) {
    if (Number(row.idx) !== index) throw refuse('rows', `idx ${String(row.idx)}`, String(index));
    return { index, ...texts };
  }
  const label = Number(row.label);
  const [low, high] = task.range ?? [0, task.labels.length - 1];
  if (!(label >= low && label <= high) || (!task.isRegression && !Number.isInteger(label)))
    throw refuse(
      'label',
      `the label ${String(row.label)}`,
      task.isRegression ? labelsInWords(task) : `0 to ${high}`,
    );
  return { index, ...texts, label: task.isRegression ? decimal(label) : label };
}

// The shortest decimal that float32 stores as this value: 3.8 instead of 3.799999952316284.
function decimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
