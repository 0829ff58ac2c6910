import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { openSource, type SourceOptions } from './open-source.js';
import { documentsOf } from './shard-text.js';
import { FIXTURES, inTemporaryFolder } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

// Written by tools/reference/owt_formats.py.
const at = (name: string): string => join(FIXTURES, 'formats', name);
const { texts } = JSON.parse(await readFile(at('expected.json'), 'utf8')) as {
  texts: readonly string[];
};

async function read(path: string, options: SourceOptions = {}) {
  const source = await openSource(path, options);
  const documents: { id: string; text: string }[] = [];
  for await (const document of documentsOf(source, options.textKey)) documents.push(document);
  return {
    found: source.found,
    ids: documents.map(({ id }) => id),
    texts: documents.map((d) => d.text),
  };
}

describe('openSource', () => {
  test.each([
    ['parquet-none', '2 Parquet files, 23.5 kB'],
    ['parquet-snappy', '2 Parquet files, 15.6 kB'],
    ['parquet-zstd', '2 Parquet files, 14.3 kB'],
    ['saved', 'a Hugging Face dataset of 2 Arrow streams, 15.0 kB'],
    ['dict', 'a Hugging Face dataset of 1 Arrow streams, 14.7 kB, split "train" of train, test'],
    ['lines.jsonl', 'JSON lines file, 14.7 kB'],
    ['frames.jsonl.zst', 'zstd of json-lines, 4.2 kB'],
    ['plain.jsonl.zst', 'zstd of json-lines, 3.3 kB'],
    ['openwebtext2.jsonl.zst.tar', 'tar archive, 10.2 kB'],
  ])('reads %s', async (name, found) => {
    const result = await read(at(name));
    expect(result.found).toBe(found);
    expect(result.texts).toEqual(texts);
  });

  test('reads the original archive and the subset tar in lexicographic order', async () => {
    const archive = await read(at('openwebtext.tar.xz'));
    expect(archive.found).toBe('xz of tar, 5.9 kB');
    expect(archive.texts).toEqual(texts);
    expect(archive.ids[0]).toMatch(
      /openwebtext\/urlsf_subset00-10_data.xz\/0000000-[0-9a-f]{32}.txt$/,
    );
    expect((await read(at('subset00.tar'))).texts).toEqual(texts);
  });

  test('refuses a compressed archive out of order, unless its own order is asked for', async () => {
    await expect(read(at('out-of-order.tar.xz'))).rejects.toThrow(
      /cannot be read in order: found "openwebtext\/urlsf_subset00-1_data.xz" after .*00-2_data.xz/,
    );
    const asIs = await read(at('out-of-order.tar.xz'), { order: 'archive' });
    expect([...asIs.texts].sort()).toEqual([...texts].sort());
  });

  test('reads text and Markdown trees, names in order, lock files left out', () =>
    inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'b'));
      await writeFile(join(folder, 'b/1.txt'), 'second');
      await writeFile(join(folder, 'a.txt'), '{"first": it begins like JSON');
      await writeFile(join(folder, 'a.txt.lock'), '');
      await writeFile(
        join(folder, 'c.md'),
        '# Title\n\nThis is the prose of the page that is read here.',
      );
      const { found, texts } = await read(folder);
      expect(found).toBe('2 text files and 1 Markdown files, 0.1 kB');
      expect(texts).toEqual([
        '{"first": it begins like JSON',
        'second',
        'This is the prose of the page that is read here.',
      ]);
    }));

  test('takes the text from the field that is named', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'loose.json');
      await writeFile(path, '\ufeff{"content": "a", "url": "u"}\n\n{"content": ["b", "c"]}');
      expect((await read(path, { textKey: 'content' })).texts).toEqual(['a', 'b\n\nc']);
      await expect(read(path)).rejects.toThrow(
        /line 1: "text" is undefined, expected a JSON object/,
      );
      await expect(read(at('parquet-none'), { textKey: 'body' })).rejects.toThrow(
        /has no column "body": found text/,
      );
      await expect(read(at('saved'), { textKey: 'body' })).rejects.toThrow(/no column "body"/);
    }));

  test('names file and line of what is not JSON', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'a.jsonl');
      await writeFile(path, '{"text": "a"}\n{"text": \n');
      await expect(read(path)).rejects.toThrow(/a.jsonl, line 2: a line that is not JSON/);
    }));

  test('refuses what is no corpus', () =>
    inTemporaryFolder(async (folder) => {
      await expect(openSource(join(folder, 'none'))).rejects.toMatchObject({ code: 'missing' });
      await expect(openSource(folder)).rejects.toThrow(/is not one corpus: found no files/);
      await expect(openSource(at('.'))).rejects.toThrow(/is not one corpus: found/);
      await expect(openSource(at('tfrecords/pretrain_data.tfrecord-0-of-2'))).rejects.toThrow(
        /found tfrecord.\nTFRecords hold examples/,
      );
      await writeFile(join(folder, 'noise'), Buffer.from([0, 1, 2, 3, 200, 201, 202, 0, 0]));
      await expect(openSource(join(folder, 'noise'))).rejects.toThrow(/found unknown/);
    }));

  test.each([
    ['saved/data-00000-of-00002.arrow', 'arrow'],
    ['openwebtext.tar.xz', 'xz'],
    ['parquet-snappy/train-00000-of-00002.parquet', 'parquet'],
  ])('notices a cut in %s at any of fifty places', (name) =>
    inTemporaryFolder(async (folder) => {
      const whole = await readFile(at(name));
      const path = join(folder, 'cut');
      for (let i = 1; i < 50; i++) {
        await writeFile(path, whole.subarray(0, Math.floor((whole.length * i) / 50)));
        await expect(read(path)).rejects.toMatchObject({ name: 'ShardError' });
      }
      // An Arrow stream without its end mark, which other readers take for whole.
      if (!name.endsWith('.arrow')) return;
      await writeFile(path, whole.subarray(0, -8));
      await expect(read(path)).rejects.toThrow(
        /found the end of the file, expected a message or the end mark/,
      );
    }),
  );
});
