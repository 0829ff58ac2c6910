// Tab-separated rows as GLUE writes them: no quoting, no escapes, UTF-8.
//
// Quote characters are text: a CSV reader that interprets them loses most rows of MRPC and STS-B. A line ends at \n
// alone (Unicode's other line ends are text), or at \r\n in files that went through Windows. Fields are decoded one by
// one, because a row of MNLI carries parse trees that nobody reads.

import { isUtf8 } from 'node:buffer';
import { GlueError } from './glue-error.js';

export interface TsvRow {
  /** From 1. */
  readonly line: number;
  /** Number of fields. */
  readonly width: number;
  /** Text of a field, by column from 0; a missing field is empty. */
  field(column: number): string;
}

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;

/**
 * The rows of a file, the header among them. A byte order mark is passed over, and the last line may lack its newline.
 *
 * @param file name for messages
 * @throws GlueError `format` at bytes that are not UTF-8
 */
export function* tsvRows(bytes: Buffer, file: string): Generator<TsvRow> {
  checkUtf8(bytes, file);
  let begin = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  for (let line = 1; begin < bytes.length; line++) {
    const newline = bytes.indexOf(LF, begin);
    const next = newline < 0 ? bytes.length : newline + 1;
    let end = newline < 0 ? bytes.length : newline;
    if (end > begin && bytes[end - 1] === CR) end--;
    yield tsvRow(bytes, begin, end, line);
    begin = next;
  }
}

function tsvRow(bytes: Buffer, begin: number, end: number, line: number): TsvRow {
  const starts = [begin];
  for (let at = bytes.indexOf(TAB, begin); at >= 0 && at < end; at = bytes.indexOf(TAB, at + 1))
    starts.push(at + 1);
  return {
    line,
    width: starts.length,
    field(column) {
      const start = starts[column];
      return start === undefined
        ? ''
        : bytes.toString('utf8', start, (starts[column + 1] ?? end + 1) - 1);
    },
  };
}

function checkUtf8(bytes: Buffer, file: string): void {
  if (isUtf8(bytes)) return;
  let begin = 0;
  let line = 1;
  for (; begin < bytes.length; line++) {
    const newline = bytes.indexOf(LF, begin);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(begin, end))) break;
    begin = end + 1;
  }
  throw new GlueError(
    `${file}, line ${line}: found bytes that are not UTF-8, expected text.\n` +
      'Download the file again, or convert it to UTF-8.',
    { code: 'format', file, line, found: 'other bytes', expected: 'UTF-8' },
  );
}
