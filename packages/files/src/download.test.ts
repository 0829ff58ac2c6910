import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { downloadFile } from './download.js';
import { type FakeHub, fakeHub } from './test-support.js';

const content = Buffer.alloc(100_000, 'corpus');
const sha256 = createHash('sha256').update(content).digest('hex');

let hub: FakeHub;
let folder: string;
beforeEach(async () => {
  hub = await fakeHub({ 'a.txt': { content } });
  folder = await mkdtemp(join(tmpdir(), 'download-'));
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

describe('downloadFile', () => {
  const get = (change: object = {}): Promise<void> => {
    const url = `${hub.endpoint}/org/model/resolve/main/a.txt`;
    const file = { url, sha256, byteLength: content.length, ...change };
    return downloadFile(file, join(folder, 'data/a.txt'), { retryMs: 1, attempts: 2 });
  };

  test('places the verified file, and asks nobody when it is there', async () => {
    await get();
    expect(Buffer.compare(await readFile(join(folder, 'data/a.txt')), content)).toBe(0);
    expect(await readdir(join(folder, 'data'))).toEqual(['a.txt']);
    await get();
    expect(hub.log.length).toBe(1);
  });

  test('replaces a file that is not the right one', async () => {
    await get();
    await writeFile(join(folder, 'data/a.txt'), Buffer.alloc(content.length));
    await get();
    expect(Buffer.compare(await readFile(join(folder, 'data/a.txt')), content)).toBe(0);
  });

  test('keeps nothing that does not match', async () => {
    await expect(get({ sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'tampered' });
    await expect(get({ byteLength: 5 })).rejects.toThrow('more than the 5 bytes');
    expect((await readdir(join(folder, 'data'))).filter((name) => name === 'a.txt')).toEqual([]);
  });

  test('gives up where there is no such file', async () => {
    const url = `${hub.endpoint}/nowhere`;
    await expect(get({ url })).rejects.toThrow(/after 2 attempts: status 404/);
  });
});
