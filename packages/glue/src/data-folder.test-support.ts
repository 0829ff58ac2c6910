// Where tests find files: fixtures, temporary folders, real data where this machine has it.

import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export const fixtures: string = fileURLToPath(new URL('../fixtures', import.meta.url));

const data = join(process.env.ALECTRA_TEST_DATA ?? join(root, '../shared/data'), 'glue');

/** The folder of real GLUE data, or undefined. */
export const realGlue: string | undefined = existsSync(data) ? data : undefined;

/** A new temporary folder that holds these files. */
export function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'glue-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}
