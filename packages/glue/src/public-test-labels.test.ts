import { describe, expect, jest, test } from '@jest/globals';
import { folderWith } from './data-folder.test-support.js';
import { readPublicTestLabels } from './public-test-labels.js';
import { glueTasks } from './tasks.js';
import { zipBytes } from './write-zip.js';

// Files are slow on a busy machine.
jest.setTimeout(30_000);

const anySize = { anySize: true };
const { mrpc, stsb, rte } = glueTasks;

// Rows of seven and of nine columns.
const scores = [
  'main-captions\tMSRvid\t2012test\t0024\t2.500\tA girl.\tA "girl.',
  'main-news\theadlines\t2016\t0033\t5.000\tA man.\tA boy.\tsource\tother',
].join('\n');
const pairs = '\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t1\t2\ta\tb\n0\t3\t4\tc\td\n';

describe('readPublicTestLabels', () => {
  test('of STS-B, from its folder and from its archive', async () => {
    const folder = folderWith({ 'STS-B/original/sts-test.tsv': scores });
    expect(await readPublicTestLabels(folder, stsb, anySize)).toEqual([2.5, 5]);
    const bytes = await zipBytes([['STS-B/original/sts-test.tsv', Buffer.from(scores)]]);
    const archive = `${folderWith({ 'my.zip': bytes })}/my.zip`;
    expect(await readPublicTestLabels(archive, stsb, anySize)).toEqual([2.5, 5]);
  });

  test('of MRPC, from the file of Microsoft', async () => {
    const folder = folderWith({ 'MRPC/msr_paraphrase_test.txt': pairs });
    expect(await readPublicTestLabels(folder, mrpc, anySize)).toEqual([1, 0]);
    await expect(readPublicTestLabels(folder, mrpc)).rejects.toThrow('found 2 rows, expected 1725');
  });

  test('of no other task, from no other file', async () => {
    const folder = folderWith({ 'STS-B/original/sts-test.tsv': 'a\tb\tc\td\tfive\te\tf\n' });
    await expect(readPublicTestLabels(folder, rte)).rejects.toThrow(
      'glue: the test labels of RTE are not public, only those of MRPC and STS-B are.',
    );
    await expect(readPublicTestLabels(folder, stsb)).rejects.toThrow(
      'sts-test.tsv, line 1: found the label "five", expected a number from 0 to 5.',
    );
    await expect(readPublicTestLabels(folder, mrpc)).rejects.toThrow(
      'holds no MRPC/msr_paraphrase_test.txt',
    );
  });
});
