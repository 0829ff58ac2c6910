import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readRun } from './page-runs.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alectra-run-'));
  path = join(folder, 'metrics.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const line = (step: number, loss = 1): string =>
  `${JSON.stringify({ step, kind: 'train', loss })}\n`;
const steps = (lines: readonly Readonly<Record<string, unknown>>[]): unknown[] =>
  lines.map(({ step }) => step);

describe('readRun', () => {
  test('gives the file once, and then only what is new', async () => {
    await writeFile(path, line(1) + line(2));
    const first = await readRun(folder, '');
    expect(steps(first.lines)).toEqual([1, 2]);
    expect(first.isWhole).toBe(true);
    const same = await readRun(folder, first.cursor);
    expect(same).toMatchObject({ lines: [], isWhole: false, cursor: first.cursor });
    await appendFile(path, line(3));
    const more = await readRun(folder, first.cursor);
    expect(steps(more.lines)).toEqual([3]);
    expect(more.isWhole).toBe(false);
  });

  test('waits for the end of a line that is being written', async () => {
    await writeFile(path, line(1) + line(2).slice(0, 9));
    const first = await readRun(folder, '');
    expect(steps(first.lines)).toEqual([1]);
    await appendFile(path, line(2).slice(9));
    expect(steps((await readRun(folder, first.cursor)).lines)).toEqual([2]);
  });

  test('begins anew when a resumed run has cut the file back, even if it grew past the cursor', async () => {
    await writeFile(path, line(1) + line(2, 5));
    const { cursor } = await readRun(folder, '');
    await truncate(path, line(1).length);
    expect(await readRun(folder, cursor)).toMatchObject({ isWhole: true });
    await appendFile(path, line(2, 7) + line(3));
    const anew = await readRun(folder, cursor);
    expect(anew.isWhole).toBe(true);
    expect(steps(anew.lines)).toEqual([1, 2, 3]);
  });

  test.each(['99-0123456789abcdef', '-1', 'x', '5', '999999999999999999999-0123456789abcdef'])(
    'takes the cursor %s for none',
    async (cursor) => {
      await writeFile(path, line(1) + line(2));
      expect(await readRun(folder, cursor)).toMatchObject({ isWhole: true });
    },
  );

  test('leaves out lines that are no figures', async () => {
    await writeFile(path, `${line(1)}nonsense\n[1]\n{"kind":"train"}\n${line(2)}`);
    expect(steps((await readRun(folder, '')).lines)).toEqual([1, 2]);
  });

  test('hands out a long file in parts that join to the whole', async () => {
    const count = 60_000;
    const all = Array.from({ length: count }, (_, step) =>
      line(step, 1 / 3).replace('}', ',"filler":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}'),
    );
    await writeFile(path, all.join(''));
    const parts = [await readRun(folder, '')];
    while (parts.at(-1)?.hasMore) parts.push(await readRun(folder, parts.at(-1)?.cursor ?? ''));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ isWhole }) => isWhole)).toEqual(parts.map((_, index) => index === 0));
    expect(steps(parts.flatMap(({ lines }) => lines))).toEqual(all.map((_, step) => step));
  });

  test('is live while the file grows and the last step is not reached', async () => {
    await writeFile(join(folder, 'config.json'), '{"schedule":{"steps":3}}');
    expect(await readRun(folder, '')).toMatchObject({ isLive: true, totalSteps: 3, lines: [] });
    await writeFile(path, line(1) + line(2));
    const { cursor, isLive } = await readRun(folder, '');
    expect(isLive).toBe(true);
    expect((await readRun(folder, cursor, Date.now() + 121_000)).isLive).toBe(false);
    await appendFile(path, line(3));
    const last = await readRun(folder, cursor);
    expect(last.isLive).toBe(false);
    expect((await readRun(folder, last.cursor)).isLive).toBe(false);
  });
});
