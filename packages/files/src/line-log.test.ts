import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openLineLog } from './line-log.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
  path = join(folder, 'run/metrics.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('openLineLog', () => {
  test('appends in the order of the calls and counts bytes', async () => {
    const log = await openLineLog(path);
    await Promise.all(['one', 'two', 'drei – 3'].map((line) => log.append(line)));
    expect(log.byteLength).toBe(Buffer.byteLength('one\ntwo\ndrei – 3\n'));
    await log.close();
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\ndrei – 3\n');
  });

  test.each([
    ['', ''],
    ['torn', ''],
    ['a\n', 'a\n'],
    ['a\nb', 'a\n'],
    [`a\n${'x'.repeat(200_000)}`, 'a\n'],
    [`${'y'.repeat(70_000)}\nz`, `${'y'.repeat(70_000)}\n`],
  ])('cuts off a torn last line (%#)', async (before, after) => {
    await openLineLog(path).then((log) => log.close());
    await writeFile(path, before);
    const log = await openLineLog(path);
    expect(log.byteLength).toBe(after.length);
    await log.append('next');
    await log.close();
    expect(await readFile(path, 'utf8')).toBe(`${after}next\n`);
  });

  test('returns to the length noted in a checkpoint', async () => {
    const first = await openLineLog(path);
    await first.append('step 1');
    const noted = first.byteLength;
    await first.append('step 2');
    await first.close();
    const log = await openLineLog(path, { truncateTo: noted });
    await log.append('step 2 again');
    await log.close();
    expect(await readFile(path, 'utf8')).toBe('step 1\nstep 2 again\n');
  });

  test('refuses a length that the file does not have or that is inside a line', async () => {
    const log = await openLineLog(path);
    await log.append('abc');
    await log.close();
    await expect(openLineLog(path, { truncateTo: 2 })).rejects.toThrow(
      'that byte is inside a line',
    );
    await expect(openLineLog(path, { truncateTo: 9 })).rejects.toThrow(
      'holds 4 bytes of whole lines',
    );
    expect(await readFile(path, 'utf8')).toBe('abc\n');
  });

  test('refuses a line with a newline in it', async () => {
    const log = await openLineLog(path);
    await expect(log.append('a\nb')).rejects.toThrow('a log line holds a newline: "a\\nb"');
    await log.close();
  });
});
