import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Comparison, differences, largest, writeReport } from './reproduce-report.js';

const comparison: Comparison = {
  optimizer: 'lamb',
  rates: 'peak 1',
  engine: 'onnxruntime',
  reference: 'torch',
  parameters: 1,
  ours: [
    [40, 10, 0.6],
    [33, 9, 0.48],
  ],
  theirs: [
    [40, 10, 0.5],
    [30, 10, 0.5],
  ],
  control: [
    [40, 10, 0.5],
    [30, 10, 0.6],
  ],
  inspected: [],
  distance: 0.25,
};

test('a difference is a share of the reference, and the largest of each loss counts', () => {
  expect(differences(comparison.ours, comparison.theirs)[1]).toEqual(
    [0.1, 0.1, 0.04].map((x) => expect.closeTo(x, 12)),
  );
  expect(largest(comparison.ours, comparison.theirs)).toEqual(
    [0.1, 0.1, 0.2].map((x) => expect.closeTo(x, 12)),
  );
});

test('a loss that is not a number, or a step that is missing, is infinitely far away', () => {
  const [first] = comparison.ours;
  expect(largest([[Number.NaN, 10, 0.5]], comparison.theirs)[0]).toBe(Infinity);
  expect(largest([first, first, first], comparison.theirs)).toEqual([Infinity, Infinity, Infinity]);
});

test('a report has the figures of every step and a picture of every loss', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  await writeReport(folder, { command: 'this one' }, [comparison]);
  expect(readdirSync(folder).sort()).toEqual([
    'curves.json',
    'lamb-differences.svg',
    'lamb-discriminator.svg',
    'lamb-generator.svg',
    'lamb-total.svg',
  ]);
  expect(JSON.parse(readFileSync(join(folder, 'curves.json'), 'utf8'))).toMatchObject({
    command: 'this one',
    limit: 1e-3,
    comparisons: [
      {
        ours: comparison.ours,
        theirs: comparison.theirs,
        largest: { 'control, PyTorch': { discriminator: expect.closeTo(0.2, 12) } },
        distance: 0.25,
      },
    ],
  });
  rmSync(folder, { recursive: true });
});
