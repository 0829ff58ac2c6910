import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { checkSubmission } from './check-submission.js';
import { folderWith } from './data-folder.test-support.js';
import { submissionSets, writeSubmission } from './submission.js';
import { withArchive } from './zip-archive.js';

jest.setTimeout(120_000);

describe('writeSubmission', () => {
  test('writes eleven files, the same bytes whenever it is written, without a defect', async () => {
    const folder = folderWith({});
    const sets = submissionSets();
    const path = join(folder, 'first.zip');
    const first = await writeSubmission(path, {}, { fill: 'majority' });
    expect(first.filled).toEqual(sets.map(({ name }) => name));
    expect(await checkSubmission(path)).toEqual([]);
    const rte = Array.from({ length: 3000 }, (_, index) => ({ index, value: 0 }));
    const second = await writeSubmission(
      join(folder, 'second.zip'),
      { RTE: rte },
      { fill: 'majority' },
    );
    expect(second.filled).not.toContain('RTE');
    expect(Buffer.compare(readFileSync(path), readFileSync(join(folder, 'second.zip')))).toBe(0);
    const names = await withArchive(path, async (files) => files.map(({ name }) => name));
    expect(names).toEqual(sets.map(({ name }) => `${name}.tsv`));
  });
});
