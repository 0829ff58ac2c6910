// The real data sets, where this machine has them.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { realGlue } from './data-folder.test-support.js';
import { microsoftMrpcTest, splitMicrosoftMrpc } from './microsoft-mrpc.js';
import { readPublicTestLabels } from './public-test-labels.js';
import { readSplit } from './read-split.js';
import { repeatedRows, sharedRows } from './repeated-rows.js';
import { scorePredictions } from './score.js';
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

  test('some rows stand twice, some of the validation set in training', async () => {
    const counts = async (name: 'cola' | 'sst2' | 'mrpc' | 'stsb'): Promise<number[]> => {
      const train = await readSplit(folder, glueTasks[name], 'train');
      const validation = await readSplit(folder, glueTasks[name], 'validation');
      return [sharedRows(validation, train).length, repeatedRows(train).length];
    };
    // Counted with a set of tuples in Python.
    expect(await counts('cola')).toEqual([16, 19]);
    expect(await counts('sst2')).toEqual([0, 371]);
    expect(await counts('mrpc')).toEqual([0, 0]);
    expect(await counts('stsb')).toEqual([6, 43]);
  });

  test('the public test labels of MRPC', async () => {
    const labels = await readPublicTestLabels(folder, glueTasks.mrpc);
    expect(labels.length).toBe(1725);
    // 1,147 pairs are equivalent (awk); all are called so here.
    const scores = scorePredictions(
      glueTasks.mrpc,
      labels,
      labels.map(() => 1),
    );
    expect(scores.accuracy).toBeCloseTo(1147 / 1725, 12);
    expect(scores.f1).toBeCloseTo((2 * 1147) / (1147 + 1725), 12);
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
