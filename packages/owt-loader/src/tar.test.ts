import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { ByteReader } from './byte-reader.js';
import { openSource } from './open-source.js';
import { documentsOf } from './shard-text.js';
import { tarEntries, tarFiles } from './tar.js';
import { inTemporaryFolder } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

interface Part {
  readonly name: string;
  readonly type?: string;
  readonly body?: string;
  /** Size that the header claims, if not the body's. */
  readonly size?: number;
  readonly rawSize?: Uint8Array;
}

/** A tar made by hand, so that it can be wrong in any way. */
function tar(parts: readonly Part[], end = 1024): Buffer {
  const blocks = parts.flatMap(({ name, type = '0', body = '', size, rawSize }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\0', 100);
    header.write(`${(size ?? Buffer.byteLength(body)).toString(8).padStart(11, '0')}\0`, 124);
    if (rawSize) header.set(rawSize, 124);
    header.write(type, 156);
    header.write('ustar\x0000', 257);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const content = Buffer.from(body);
    return [header, content, Buffer.alloc(-content.length & 511)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(end)]);
}

/** What both readers find, as a stream and in memory: they must agree, on faults as well. */
async function read(bytes: Uint8Array, piece = bytes.length): Promise<[string, string][]> {
  const found: [string, string][] = [];
  const pieces = (function* () {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  })();
  try {
    for await (const entry of tarEntries(new ByteReader(pieces), 'a.tar')) {
      const body: Uint8Array[] = [];
      for await (const part of entry.body()) body.push(part);
      found.push([entry.name, Buffer.concat(body).toString()]);
    }
  } catch (error) {
    expect(() => [...tarFiles(bytes, 'a.tar')]).toThrow((error as Error).message);
    throw error;
  }
  const files = Array.from(tarFiles(bytes, 'a.tar'), ({ name, body }) => [name, `${body}`]);
  expect(files).toEqual(found);
  return found;
}

const LONG = `folder/${'n'.repeat(200)}.txt`;

describe('tarEntries', () => {
  test.each([1, 7, 512, 4096])('reads files in order from pieces of %i bytes', async (piece) => {
    const bytes = tar([
      { name: 'folder/', type: '5' },
      { name: 'folder/b.txt', body: 'two' },
      { name: 'a.txt', body: 'x'.repeat(1000) },
      { name: 'empty.txt' },
    ]);
    expect(await read(bytes, piece)).toEqual([
      ['folder/b.txt', 'two'],
      ['a.txt', 'x'.repeat(1000)],
      ['empty.txt', ''],
    ]);
  });

  test('passes over bodies that nobody reads', async () => {
    const names: string[] = [];
    const bytes = tar([
      { name: 'a', body: 'x'.repeat(700) },
      { name: 'b', body: 'y' },
    ]);
    for await (const { name } of tarEntries(new ByteReader([bytes]), 'a.tar')) names.push(name);
    expect(names).toEqual(['a', 'b']);
  });

  test('reads GNU long names, pax names and sizes, base-256 sizes', async () => {
    const base256 = Uint8Array.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    const bytes = tar([
      { name: '././@LongLink', type: 'L', body: `${LONG}\0` },
      { name: 'cut', body: 'gnu' },
      { name: 'PaxHeader', type: 'x', body: '22 path=pax/näme.txt\n' },
      { name: 'cut', body: 'pax' },
      { name: 'wide', body: 'b25', rawSize: base256 },
    ]);
    expect(await read(bytes)).toEqual([
      [LONG, 'gnu'],
      ['pax/näme.txt', 'pax'],
      ['wide', 'b25'],
    ]);
  });

  test.each([
    ['../up.txt', '0', /leaves the archive/],
    ['a/../../up.txt', '0', /leaves the archive/],
    ['/etc/passwd', '0', /leaves the archive/],
    ['C:\\up.txt', '0', /leaves the archive/],
    ['a\\..\\up.txt', '0', /leaves the archive/],
    ['link', '1', /hard link/],
    ['link', '2', /symbolic link/],
    ['device', '3', /character device/],
    ['device', '4', /block device/],
    ['pipe', '6', /pipe/],
    ['sparse', 'S', /sparse/],
    ['what', 'Z', /type "Z"/],
  ])('refuses %j of type %s', async (name, type, message) => {
    await expect(read(tar([{ name, type }]))).rejects.toThrow(message);
    await expect(read(tar([{ name, type }]))).rejects.toMatchObject({ code: 'refused' });
  });

  test.each(['L', 'x', 'g'])('refuses an endless %s header before reading it', async (type) => {
    await expect(read(tar([{ name: 'x', type, size: 0o7777777777 }]))).rejects.toThrow(
      /extension header/,
    );
  });

  test('notices a cut at every byte', async () => {
    const whole = tar([
      { name: 'a.txt', body: 'hello' },
      { name: 'b.txt', body: 'y'.repeat(600) },
    ]);
    expect(await read(whole)).toHaveLength(2);
    for (let length = 0; length < whole.length; length++)
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject({ code: 'damaged' });
  });

  test('notices every changed byte of a header', async () => {
    const whole = tar([{ name: 'a.txt', body: 'hello' }]);
    for (let at = 0; at < 512; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      // The two last bytes of the checksum field say nothing.
      if (at === 154 || at === 155) continue;
      await expect(read(changed)).rejects.toThrow(/damaged tar/);
    }
  });

  test('notices data after the end', async () => {
    const trailing = Buffer.concat([tar([{ name: 'a', body: 'x' }]), Buffer.from('more')]);
    await expect(read(trailing)).rejects.toThrow(/data after the end mark/);
  });

  test('reads ten thousand tiny entries without gathering them', async () => {
    const entry = tar([{ name: 'a' }], 0);
    let count = 0;
    const pieces = (function* () {
      for (let i = 0; i < 10_000; i++) yield entry;
      yield Buffer.alloc(1024);
    })();
    for await (const _ of tarEntries(new ByteReader(pieces), 'a.tar')) count++;
    expect(count).toBe(10_000);
  });
});

test('a plain tar of texts is one chunk, its names in order, without hidden ones', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'a.tar');
    const names = ['b.txt', 'a/c.txt', '._b.txt', 'a.txt'];
    await writeFile(path, tar(names.map((name) => ({ name, body: `text of ${name}` }))));
    const source = await openSource(path);
    const chunks = [];
    for await (const chunk of source.chunks()) chunks.push(chunk);
    expect(chunks).toHaveLength(1);
    const texts: string[] = [];
    for await (const { text } of documentsOf(source)) texts.push(text);
    expect(texts).toEqual(['text of a.txt', 'text of a/c.txt', 'text of b.txt']);
  }));
