// The real data sets, where this machine has them.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { realGlue } from './data-folder.test-support.js';
import { microsoftMrpcTest, splitMicrosoftMrpc } from './microsoft-mrpc.js';
import { readSplit } from './read-split.js';
import { glueTasks } from './tasks.js';

jest.setTimeout(60_000);

const real = realGlue ? describe : describe.skip;
const folder = realGlue ?? '';

real('real data', () => {
  // Rows, positive labels and quotes counted with awk; STS-B's mean score with Python's statistics.
  test.each([
    ['cola', 8551, 6023, 1043, 721, 1063],
    ['sst2', 67349, 37569, 872, 444, 1821],
    ['mrpc', 3668, 2474, 408, 279, 1725],
  ] as const)('%s', async (name, train, positive, dev, devPositive, rows) => {
    const task = glueTasks[name];
    const sum = (examples: readonly { label?: number }[]): number =>
      examples.reduce((total, { label = 0 }) => total + label, 0);
    const read = await readSplit(folder, task, 'train');
    expect([read.length, sum(read)]).toEqual([train, positive]);
    const checked = await readSplit(folder, task, 'validation');
    expect([checked.length, sum(checked)]).toEqual([dev, devPositive]);
    const asked = await readSplit(folder, task, 'test');
    expect(asked.length).toBe(rows);
    expect(asked.every(({ index, label }, i) => index === i && label === undefined)).toBe(true);
  });

  test('stsb', async () => {
    const examples = await readSplit(folder, glueTasks.stsb, 'train');
    const mean = examples.reduce((sum, { label = 0 }) => sum + label, 0) / examples.length;
    expect(mean).toBeCloseTo(2.7009990254, 8);
    expect(glueTasks.stsb.majority).toBeCloseTo(mean, 2);
    expect((await readSplit(folder, glueTasks.stsb, 'validation')).length).toBe(1500);
    expect((await readSplit(folder, glueTasks.stsb, 'test')).length).toBe(1379);
  });

  test('fields begin with quotes, and sentences end with spaces', async () => {
    const { mrpc, sst2 } = glueTasks;
    const pairs = await readSplit(folder, mrpc, 'train');
    const quoted = pairs.filter(({ text, textPair = '' }) =>
      `${text[0]}${textPair[0]}`.includes('"'),
    );
    expect(quoted.length).toBe(455);
    const reviews = await readSplit(folder, sst2, 'validation');
    expect(reviews.every(({ text }) => text.endsWith(' '))).toBe(true);
  });

  test('MRPC out of the files of Microsoft is the official one, byte for byte', () => {
    const read = (name: string): Buffer => readFileSync(join(folder, 'MRPC', name));
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    const { train, validation } = splitMicrosoftMrpc(
      read('msr_paraphrase_train.txt'),
      read('dev_ids.tsv'),
    );
    expect(digest(train)).toBe(digest(read('train.tsv')));
    expect(digest(validation)).toBe(digest(read('dev.tsv')));
    expect(digest(microsoftMrpcTest(read('msr_paraphrase_test.txt')))).toBe(
      digest(read('test.tsv')),
    );
    for (const { path, sha256 } of glueTasks.mrpc.downloads)
      expect(digest(readFileSync(join(folder, path)))).toBe(sha256);
  });
});
