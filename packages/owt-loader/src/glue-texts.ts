// The texts of GLUE's development and test sets, in the official layout or any other tree of tab-separated files:
// every field of every dev and test file. What is no sentence is too short to count.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFiles } from './list-files.js';
import { ShardError } from './shard-error.js';

const EVALUATION = /(?:^|[/_-])(?:dev|test)[^/]*\.tsv$/i;

/** @throws ShardError `missing` if the folder has no dev or test file */
export async function evaluationTexts(folder: string): Promise<string[]> {
  const files = (await listFiles(folder)).filter((path) => EVALUATION.test(path));
  if (files.length === 0)
    throw new ShardError(
      `${folder} has no evaluation sets: found no dev*.tsv or test*.tsv, expected GLUE in its official layout.`,
      { code: 'missing', file: folder },
    );
  const texts: string[] = [];
  for (const file of files)
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n'))
      texts.push(...line.split('\t'));
  return texts;
}
