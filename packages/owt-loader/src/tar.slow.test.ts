// Archives of nothing but entries: ten million of them pass through a bounded memory.

import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect, jest, test } from '@jest/globals';
import { ByteReader } from './byte-reader.js';
import { tarEntries } from './tar.js';
import { tarMembers } from './tar-source.js';
import { tarOf } from './tar-test-support.js';
import { garbageCollector, inTemporaryFolder } from './test-support.js';

jest.setTimeout(1_800_000);

/** The short form reads a hundredth, and leaves the million out. */
const SHORT = process.env.ALECTRA_SLOW === 'short';
const ENTRIES = SHORT ? 100_000 : 10_000_000;
/** Entries of one piece of the stream. */
const PIECE = 1000;

const collectGarbage = garbageCollector();

/** A tar of empty texts, made while it is read. */
function* tinyEntries(count: number): Generator<Buffer> {
  const piece = tarOf(
    Array.from({ length: PIECE }, (_, i) => ({ name: `${i}.txt` })),
    0,
  );
  for (let i = 0; i < count; i += PIECE) yield piece;
  yield Buffer.alloc(1024);
}

test(`${ENTRIES} empty entries are read in the memory of a few`, async () => {
  let count = 0;
  const memory: number[] = [];
  for await (const { size } of tarEntries(new ByteReader(tinyEntries(ENTRIES)), 'tiny.tar')) {
    if (size > 0) throw new Error('a body');
    count++;
    if (count % (ENTRIES / 10) > 0) continue;
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    memory.push(heapUsed + arrayBuffers);
  }
  expect(count).toBe(ENTRIES);
  expect(Math.max(...memory) - (memory[0] ?? 0)).toBeLessThan(4e6);
});

// a pipe, so that half a gigabyte of headers need not be stored
(SHORT || process.platform === 'win32' ? test.skip : test)(
  'a plain tar, which is indexed before it is read, is refused after a million',
  () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'tiny.tar');
      execFileSync('mkfifo', [path]);
      // the reader goes before the end: a broken pipe
      const writing = pipeline(tinyEntries(2_000_000), createWriteStream(path)).catch(
        () => undefined,
      );
      await expect(tarMembers(path)).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringMatching(/tiny.tar is refused: found more than 1000000 members/),
      });
      await writing;
    }),
);
