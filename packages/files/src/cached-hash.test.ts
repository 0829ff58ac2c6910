import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { cachedHash } from './cached-hash.js';

const folder = mkdtempSync(join(tmpdir(), 'files-cached-'));
afterAll(() => rmSync(folder, { recursive: true }));

// printf abc | sha256sum
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('a cached file is compared with its name, through the link that leads to it', async () => {
  writeFileSync(join(folder, ABC), 'abc');
  symlinkSync(join(folder, ABC), join(folder, 'train.parquet'));
  expect(await cachedHash(join(folder, 'train.parquet'))).toEqual({ expected: ABC, found: ABC });
  writeFileSync(join(folder, ABC), 'abd');
  const changed = await cachedHash(join(folder, 'train.parquet'));
  expect(changed?.expected).toBe(ABC);
  expect(changed?.found).not.toBe(ABC);
});

test('any other file has no hash to be compared with', async () => {
  writeFileSync(join(folder, 'plain.parquet'), 'abc');
  expect(await cachedHash(join(folder, 'plain.parquet'))).toBeUndefined();
  await expect(cachedHash(join(folder, 'absent'))).rejects.toThrow('ENOENT');
});
