// MRPC out of the files that Microsoft publishes. GLUE may not pass the text on: it publishes the pairs of ids that
// make its validation set, and everyone splits the rows anew.
//
// After nyu-mll/GLUE-baselines, download_glue_data.py, whose output these functions repeat byte for byte.

import { GlueError } from './glue-error.js';
import { tsvRows } from './tsv.js';

const HEADER = '\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n';
const TEST_HEADER = 'index\t#1 ID\t#2 ID\t#1 String\t#2 String\n';
const COLUMNS = 5;

/**
 * train.tsv and dev.tsv from msr_paraphrase_train.txt and dev_ids.tsv, rows in the order of the source.
 *
 * @throws GlueError `format` at a row that has not five columns, `rows` if a pair of the list is not in the text
 */
export function splitMicrosoftMrpc(
  text: Buffer,
  devIds: Buffer,
): { readonly train: Buffer; readonly validation: Buffer } {
  const wanted = new Set<string>();
  for (const row of tsvRows(devIds, 'dev_ids.tsv')) wanted.add(`${row.field(0)}\t${row.field(1)}`);
  const missing = new Set(wanted);
  const train = [HEADER];
  const validation = [HEADER];
  for (const fields of paraphraseRows(text, 'msr_paraphrase_train.txt')) {
    const ids = `${fields[1]}\t${fields[2]}`;
    missing.delete(ids);
    (wanted.has(ids) ? validation : train).push(`${fields.join('\t')}\n`);
  }
  const [absent] = missing;
  if (absent !== undefined)
    throw new GlueError(
      `msr_paraphrase_train.txt lacks ${missing.size} of the ${wanted.size} pairs of dev_ids.tsv, ` +
        `the first ${absent.replace('\t', ' and ')}.\nDownload both files again.`,
      { code: 'rows', file: 'msr_paraphrase_train.txt', found: `${missing.size} missing` },
    );
  return { train: Buffer.from(train.join('')), validation: Buffer.from(validation.join('')) };
}

/** test.tsv from msr_paraphrase_test.txt: without the labels, which Microsoft publishes. */
export function microsoftMrpcTest(text: Buffer): Buffer {
  const lines = [TEST_HEADER];
  for (const [, ...fields] of paraphraseRows(text, 'msr_paraphrase_test.txt'))
    lines.push(`${[lines.length - 1, ...fields].join('\t')}\n`);
  return Buffer.from(lines.join(''));
}

function* paraphraseRows(text: Buffer, file: string): Generator<string[]> {
  for (const row of tsvRows(text, file)) {
    if (row.width !== COLUMNS)
      throw new GlueError(
        `${file}, line ${row.line}: found ${row.width} columns, expected ${COLUMNS}.\nDownload the file again.`,
        { code: 'format', file, line: row.line, found: `${row.width} columns` },
      );
    if (row.line > 1) yield Array.from({ length: COLUMNS }, (_, column) => row.field(column));
  }
}
