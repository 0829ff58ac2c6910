import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openMetricsLog, readMetrics } from './metrics-log.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  path = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (step: number) => `{"step":${step},"kind":"train","loss":${step / 10}}\n`;

describe('metrics.jsonl', () => {
  test('gains one line an append', async () => {
    const log = await openMetricsLog(path, undefined);
    await log.append({ step: 10, kind: 'train', loss: 1 });
    await log.append({ step: 20, kind: 'evaluate', loss: Number.NaN });
    await log.close();
    expect(readFileSync(path, 'utf8')).toBe(
      '{"step":10,"kind":"train","loss":1}\n{"step":20,"kind":"evaluate","loss":null}\n',
    );
  });

  test.each([
    ['lines past the checkpoint', line(10) + line(20) + line(30), 20, line(10) + line(20)],
    ['a torn last line', `${line(10)}{"step":20,"ki`, 20, line(10)],
    ['a torn line that happens to be JSON but has no end', `${line(10)}2`, 20, line(10)],
    ['everything when there is no checkpoint', line(10) + line(20), undefined, ''],
    ['nothing when the checkpoint is the newest', line(10) + line(20), 25, line(10) + line(20)],
    ['a block of zeros that a power cut left', `${line(10)}\0\0\0\n${line(20)}`, 20, line(10)],
  ])('loses %s', async (_, before, step, after) => {
    writeFileSync(path, before);
    await (await openMetricsLog(path, step)).close();
    expect(readFileSync(path, 'utf8')).toBe(after);
  });

  test('is appended to after the cut', async () => {
    writeFileSync(path, line(10) + line(20));
    const log = await openMetricsLog(path, 10);
    await log.append({ step: 11, kind: 'train', loss: 1.1 });
    await log.close();
    expect((await readMetrics(path)).map(({ step }) => step)).toEqual([10, 11]);
  });
});
