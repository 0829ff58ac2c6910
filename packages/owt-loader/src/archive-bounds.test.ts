import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import { archiveDocuments } from './archive-documents.js';
import { uncover } from './decompress.js';
import { lineChunks } from './json-lines.js';
import { openSource } from './open-source.js';
import { documentsOf } from './shard-text.js';
import { inTemporaryFolder } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count++;
  return count;
}

// A gzip of 400 MiB of one letter, a member a megabyte: 1,000 bytes out for one in.
const MEMBER = gzipSync(Buffer.alloc(1 << 20, 'a'));
const BOMB = Buffer.concat(new Array<Buffer>(400).fill(MEMBER));

describe('archives from strangers', () => {
  test('a decompression bomb is refused after 64 MiB, not after its end', async () => {
    const { bytes } = await uncover([BOMB], 'bomb.gz');
    await expect(drain(bytes)).rejects.toThrow(
      /bomb.gz is refused: \d+ bytes grew to \d+, expected/,
    );
  });

  test('a bomb inside a bomb is refused as well', async () => {
    const bomb = gzipSync(BOMB);
    await expect(archiveDocuments([bomb], 'bomb.gz', 'text')).rejects.toMatchObject({
      code: 'refused',
    });
  });

  test.each([
    ['text', Buffer.from('a text')],
    ['gzip', gzipSync('a text')],
    ['two layers', gzipSync(gzipSync('a text'))],
  ])('what was only looked at is let go of: %s', async (_, bytes) => {
    let isClosed = false;
    const stream = (async function* () {
      try {
        yield bytes.subarray(0, bytes.length - 1);
        yield bytes.subarray(bytes.length - 1);
      } finally {
        isClosed = true;
      }
    })();
    const { form, close } = await uncover(stream, 'a');
    expect(form).toBe('text');
    await close();
    expect(isClosed).toBe(true);
  });

  test('more than three layers of compression are refused', async () => {
    let bytes: Uint8Array = Buffer.from('text '.repeat(100));
    for (let i = 0; i < 4; i++) bytes = gzipSync(bytes);
    await expect(uncover([bytes], 'a.gz')).rejects.toThrow(/more than three times/);
  });

  test('a line without end is refused after 256 MiB, without copying it again and again', async () => {
    const piece = Buffer.alloc(1 << 20, 'a');
    const endless = (function* () {
      for (;;) yield piece;
    })();
    await expect(drain(lineChunks(endless, 'a.jsonl'))).rejects.toThrow(
      /line 1 is longer than 268435456 bytes/,
    );
  });

  test('a damaged gzip is named', async () => {
    const whole = gzipSync(Buffer.from('some text '.repeat(1000)));
    const cut = await uncover([whole.subarray(0, whole.length - 5)], 'a.gz').catch(
      (error) => error,
    );
    const error = cut instanceof Error ? cut : await drain(cut.bytes).catch((e: unknown) => e);
    expect(String(error)).toMatch(/a.gz is damaged/);
  });

  test('an empty xz file is named, not a TypeError', () =>
    inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'c'));
      await writeFile(join(folder, 'c/a.xz'), Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]));
      const read = async (): Promise<number> =>
        drain(documentsOf(await openSource(join(folder, 'c'))));
      await expect(read()).rejects.toThrow(
        /a.xz is damaged: found the end of the file inside the data/,
      );
      await rename(join(folder, 'c/a.xz'), join(folder, 'c/b.xz'));
      await expect(read()).rejects.toThrow(/b.xz is damaged/);
    }));
});
