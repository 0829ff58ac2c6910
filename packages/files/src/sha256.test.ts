import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { gitBlobIdOfFile, sha256, sha256File } from './sha256.js';

// FIPS 180-2, appendix B.1; the blob id is that of `printf abc | git hash-object --stdin`
const SHA256_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const GIT_ABC = 'f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f';

test('digests are the published ones, from memory and from a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'files-'));
  const path = join(folder, 'abc');
  await writeFile(path, 'abc');
  expect(sha256('abc')).toBe(SHA256_ABC);
  expect(await sha256File(path)).toBe(SHA256_ABC);
  expect(await gitBlobIdOfFile(path, 3)).toBe(GIT_ABC);
  await rm(folder, { recursive: true });
});
