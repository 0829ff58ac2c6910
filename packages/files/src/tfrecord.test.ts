import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openTfRecordWriter, readTfRecords } from './tfrecord.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
  path = join(folder, 'a.tfrecord');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(payloads: Uint8Array[]): Promise<void> {
  const writer = await openTfRecordWriter(path);
  for (const payload of payloads) await writer.write(payload);
  await writer.sync();
  await writer.close();
}

async function read(allowTornTail = false): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const payload of readTfRecords(path, { allowTornTail })) found.push(payload);
  return found;
}

const bytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255);

describe('TFRecord files', () => {
  test('hold the framing TensorFlow writes', async () => {
    await write([new TextEncoder().encode('abc')]);
    // tools/reference/files_tfrecord.py: tf.io.TFRecordWriter, record b'abc'
    expect((await readFile(path)).toString('hex')).toBe('0300000000000000b099490e6162636e57f121');
  });

  test('give back what was written, records beyond the read buffer included', async () => {
    const payloads = [bytes(0), bytes(1), bytes(3_000_000), bytes(5), ...many(2000)];
    await write(payloads);
    const found = await read();
    expect(found.length).toBe(payloads.length);
    expect(found.every((payload, i) => Buffer.compare(payload, payloads[i]) === 0)).toBe(true);
  });

  test('end with a named error when cut anywhere inside a record', async () => {
    await write([bytes(20), bytes(20)]);
    for (let cut = 71; cut > 36; cut--) {
      await truncate(path, cut);
      await expect(read()).rejects.toThrow(/cannot read record 1 at byte 36 .*ends inside it/);
      expect((await read(true)).length).toBe(1);
    }
  });

  test('show every changed byte', async () => {
    await write([bytes(20)]);
    const good = await readFile(path);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at] ^= 1;
      await writeFile(path, bad);
      await expect(read()).rejects.toMatchObject({ code: 'bad-checksum' });
    }
  });
});

function many(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => bytes(i % 1500, i));
}
