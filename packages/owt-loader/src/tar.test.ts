import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { ByteReader } from './byte-reader.js';
import { openSource } from './open-source.js';
import { documentsOf } from './shard-text.js';
import { tarEntries, tarFiles } from './tar.js';
import { tarOf } from './tar-test-support.js';
import { inTemporaryFolder } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

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
    const bytes = tarOf([
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
    const bytes = tarOf([
      { name: 'a', body: 'x'.repeat(700) },
      { name: 'b', body: 'y' },
    ]);
    for await (const { name } of tarEntries(new ByteReader([bytes]), 'a.tar')) names.push(name);
    expect(names).toEqual(['a', 'b']);
  });

  test('reads GNU long names, pax names and sizes, base-256 sizes', async () => {
    const base256 = Uint8Array.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    const bytes = tarOf([
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
    await expect(read(tarOf([{ name, type }]))).rejects.toThrow(message);
    await expect(read(tarOf([{ name, type }]))).rejects.toMatchObject({ code: 'refused' });
  });

  test.each(['L', 'x', 'g'])('refuses an endless %s header before reading it', async (type) => {
    await expect(read(tarOf([{ name: 'x', type, size: 0o7777777777 }]))).rejects.toThrow(
      /extension header/,
    );
  });

  test('notices a cut at every byte', async () => {
    const whole = tarOf([
      { name: 'a.txt', body: 'hello' },
      { name: 'b.txt', body: 'y'.repeat(600) },
    ]);
    expect(await read(whole)).toHaveLength(2);
    for (let length = 0; length < whole.length; length++)
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject({ code: 'damaged' });
  });

  test('notices every changed byte of a header', async () => {
    const whole = tarOf([{ name: 'a.txt', body: 'hello' }]);
    for (let at = 0; at < 512; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      // The two last bytes of the checksum field say nothing.
      if (at === 154 || at === 155) continue;
      await expect(read(changed)).rejects.toThrow(/damaged tar/);
    }
  });

  test('notices data after the end', async () => {
    const trailing = Buffer.concat([tarOf([{ name: 'a', body: 'x' }]), Buffer.from('more')]);
    await expect(read(trailing)).rejects.toThrow(/data after the end mark/);
  });
});

test('a plain tar of texts is one chunk, its names in order, without hidden ones', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'a.tar');
    const names = ['b.txt', 'a/c.txt', '._b.txt', 'a.txt'];
    await writeFile(path, tarOf(names.map((name) => ({ name, body: `text of ${name}` }))));
    const source = await openSource(path);
    const chunks = [];
    for await (const chunk of source.chunks()) chunks.push(chunk);
    expect(chunks).toHaveLength(1);
    const texts: string[] = [];
    for await (const { text } of documentsOf(source)) texts.push(text);
    expect(texts).toEqual(['text of a.txt', 'text of a/c.txt', 'text of b.txt']);
  }));

test('what is no text in a plain tar is refused, whatever its name', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'a.tar');
    await writeFile(
      path,
      tarOf([
        { name: 'a.txt', body: 'a text' },
        { name: 'b.txt', body: 'PAR1 and more' },
      ]),
    );
    const read = async (): Promise<void> => {
      for await (const _ of documentsOf(await openSource(path)));
    };
    await expect(read()).rejects.toMatchObject({ code: 'format' });
    await expect(read()).rejects.toThrow(/b\.txt/);
  }));
