import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { type BuildOptions, buildShards } from './build-shards.js';
import { documentSource } from './chunk.js';
import type { Manifest } from './manifest.js';
import { openShards } from './open-shards.js';
import { openSource } from './open-source.js';
import { firstRows } from './shard-text.js';
import {
  contents,
  ENCODER_MODULE,
  encode,
  FIXTURES,
  inTemporaryFolder,
  someDocuments,
  TOKENIZER,
} from './test-support.js';
import { verifyShards } from './verify-shards.js';

jest.setTimeout(240_000); // a busy machine

const SMALL = {
  ...TOKENIZER,
  length: 32,
  rowsPerBatch: 16,
  rowsPerShard: 64,
  heldOut: 0.1,
  seed: 5,
};
const documents = [...someDocuments(120)];

/** The same documents, three to a chunk, so that a build has many places to be killed at. */
const source = {
  found: 'documents',
  *chunks() {
    for (let at = 0; at < documents.length; at += 3)
      yield { kind: 'documents' as const, documents: documents.slice(at, at + 3) };
  },
};

const build = (folder: string, options: Partial<BuildOptions> = {}): Promise<Manifest> =>
  buildShards({ ...SMALL, source, output: join(folder, 'shards'), ...options });

describe('buildShards', () => {
  test('writes a sound folder, every example once, the held-out ones apart', () =>
    inTemporaryFolder(async (folder) => {
      const manifest = await build(folder);
      expect((await verifyShards(join(folder, 'shards'))).faults).toEqual([]);
      const { statistics, splits } = manifest;
      expect(statistics.documents).toBe(120);
      expect((splits.train?.rows ?? 0) + (splits.validation?.rows ?? 0)).toBe(statistics.examples);
      expect(splits.train?.shards.map(({ rows }) => rows).slice(0, -1)).toEqual(
        new Array((splits.train?.shards.length ?? 0) - 1).fill(64),
      );
      const shards = await openShards(join(folder, 'shards'));
      const rows = [
        ...(await firstRows(shards, 'train', 1e6)),
        ...(await firstRows(shards, 'validation', 1e6)),
      ];
      // No document is in both splits, and each document's rows give its tokens back in order.
      const byDocument = new Map<number, number[]>();
      for (const { document, ids, split, length } of rows) {
        const text = [...ids.slice(1, split - 1), ...ids.slice(split, Math.max(split, length - 1))];
        byDocument.set(document, [...(byDocument.get(document) ?? []), ...text]);
      }
      const kept = documents.filter(({ text }) => encode(text).length >= 8);
      for (const [i, { text }] of kept.entries()) {
        const found = byDocument.get(i) ?? [];
        expect(found).toEqual(encode(text).slice(0, found.length));
        expect(encode(text).length - found.length).toBeLessThan(8);
      }
    }));

  test('writes the same bytes from any number of threads', () =>
    inTemporaryFolder(async (folder) => {
      await build(folder, { output: join(folder, '0') });
      const expected = await contents(join(folder, '0'));
      for (const workers of [2]) {
        const output = join(folder, String(workers));
        await build(folder, { output, workers, encoder: ENCODER_MODULE });
        expect(await contents(output)).toEqual(expected);
      }
    }));

  test('goes on where it was killed, to the same bytes, wherever that was', () =>
    inTemporaryFolder(async (folder) => {
      await build(folder, { output: join(folder, 'whole') });
      const expected = await contents(join(folder, 'whole'));
      for (let kill = 1; kill <= 40; kill += 9) {
        const output = join(folder, `killed-${kill}`);
        for (const at of [kill, kill + 5]) {
          let chunks = 0;
          const onProgress = (): void => {
            if (++chunks === at) throw new Error('killed');
          };
          await build(folder, { output, saveEvery: 30, onProgress }).catch((error: unknown) =>
            expect(String(error)).toMatch(/killed/),
          );
        }
        if (!existsSync(output)) await build(folder, { output, saveEvery: 1000 });
        expect(await contents(output)).toEqual(expected);
      }
    }));

  test('finishes a build that was killed while giving shards their final names', () =>
    inTemporaryFolder(async (folder) => {
      await build(folder);
      const output = join(folder, 'shards');
      const expected = await contents(output);
      const chunks = 40;
      let seen = 0;
      await rm(output, { recursive: true });
      const onProgress = (): void => {
        if (++seen === chunks) throw new Error('killed');
      };
      await build(folder, { saveEvery: 1, onProgress }).catch(() => undefined);
      const train = join(`${output}.building`, 'train');
      for (const name of await readdir(train))
        await rename(join(train, name), join(train, name.replace('.arrow', '-of-00099.arrow')));
      await build(folder);
      expect(await contents(output)).toEqual(expected);
    }));

  test('keeps nothing of a build that was killed before it saved anything', () =>
    inTemporaryFolder(async (folder) => {
      await build(folder);
      const output = join(folder, 'shards');
      const expected = await contents(output);
      await rm(output, { recursive: true });
      const train = join(`${output}.building`, 'train');
      await mkdir(train, { recursive: true });
      await writeFile(join(train, 'data-00000-of-00099.arrow'), 'of other options');
      await build(folder);
      expect(await contents(output)).toEqual(expected);
    }));

  test('finishes a build that was killed while its own state was removed', () =>
    inTemporaryFolder(async (folder) => {
      const output = join(folder, 'shards');
      const working = `${output}.building`;
      let seen = 0;
      const onProgress = (): void => {
        if (++seen === 39) throw new Error('killed');
      };
      await expect(build(folder, { saveEvery: 1, onProgress })).rejects.toThrow('killed');
      const state = (await readdir(working)).filter((name) => /\.(?:bin|json)$/.test(name));
      expect(state.sort()).toEqual([
        'pending-train-38.bin',
        'pending-validation-38.bin',
        'seen.bin',
        'state.json',
      ]);
      const kept = await Promise.all(state.map((name) => readFile(join(working, name))));
      await build(folder);
      const expected = await contents(output);

      for (let removed = 0; removed <= state.length; removed++) {
        await rename(output, working);
        for (const [i, name] of state.entries())
          if (i >= removed) await writeFile(join(working, name), kept[i] ?? '');
        await expect(build(folder, { seed: 6 })).rejects.toMatchObject({ code: 'mismatch' });
        await build(folder);
        expect(await contents(output)).toEqual(expected);
      }
    }));

  test('refuses to go on with other options', () =>
    inTemporaryFolder(async (folder) => {
      const onProgress = (): void => {
        throw new Error('killed');
      };
      await expect(build(folder, { saveEvery: 1, onProgress })).rejects.toThrow('killed');
      let chunks = 0;
      const later = (): void => {
        if (++chunks === 5) throw new Error('killed');
      };
      await expect(build(folder, { saveEvery: 1, onProgress: later })).rejects.toThrow('killed');
      await expect(build(folder, { source: { ...source, found: 'other' } })).rejects.toMatchObject({
        code: 'mismatch',
      });
      await expect(build(folder, { seed: 6 })).rejects.toThrow(
        /unfinished build with other options/,
      );
      // of a version that identified documents otherwise
      const state = join(folder, 'shards.building', 'state.json');
      const saved = JSON.parse(await readFile(state, 'utf8')) as { settings: string };
      const settings = saved.settings.replace('xxh64', 'sha256');
      await writeFile(state, JSON.stringify({ ...saved, settings }));
      await expect(build(folder)).rejects.toThrow(/found .*sha256.*, expected .*xxh64/);
    }));

  test('drops exact duplicates and counts them', () =>
    inTemporaryFolder(async (folder) => {
      const twice = [...documents.slice(0, 20), ...documents.slice(10, 30)];
      const { statistics } = await build(folder, { source: twice });
      expect(statistics.documents).toBe(40);
      expect(statistics.duplicates).toBe(10);
      const once = await build(folder, {
        source: documents.slice(0, 30),
        output: join(folder, 'once'),
      });
      const rows = async (name: string) =>
        firstRows(await openShards(join(folder, name)), 'train', 1e6);
      expect(await rows('shards')).toEqual(await rows('once'));
      expect(once.statistics.examples).toBe(statistics.examples);
      expect(once.fingerprint).not.toBe(
        (await openShards(join(folder, 'shards'))).manifest.fingerprint,
      );
    }));

  test('puts a document in the same split whatever stands around it', () =>
    inTemporaryFolder(async (folder) => {
      const held = async (source: readonly { id: string; text: string }[], name: string) => {
        const output = join(folder, name);
        await build(folder, { source, output, heldOut: 0.3 });
        const rows = await firstRows(await openShards(output), 'validation', 1e6);
        return rows.map(({ ids }) => ids.join(' '));
      };
      const all = await held(documents, 'all');
      const reversed = await held([...documents].reverse(), 'reversed');
      const half = await held(documents.slice(0, 60), 'half');
      expect([...reversed].sort()).toEqual([...all].sort());
      expect(all).toEqual(expect.arrayContaining(half));
      expect(half.length).toBeGreaterThan(0);
    }));

  test('leaves out documents that hold evaluation texts', () =>
    inTemporaryFolder(async (folder) => {
      const leak = documents[3]?.text.split(/\s+/).slice(2, 15).join(' ').toUpperCase() ?? '';
      const { statistics, configuration } = await build(folder, {
        decontaminate: [leak, 'too short'],
      });
      expect(statistics.contaminated).toBe(1);
      expect(configuration.decontamination).toMatch(/^[0-9a-f]{64}$/);
    }));

  test('cleans as Hugging Face does, before documents are compared', () =>
    inTemporaryFolder(async (folder) => {
      const text = 'A first line of the text here.\n\n\n\nA second line of the text here.';
      const source = [text, ` ${text.replace('\n\n\n\n', '\n\n')}\n`].map((text, i) => ({
        id: `${i}`,
        text,
      }));
      expect((await build(folder, { source, heldOut: 0 })).statistics.duplicates).toBe(0);
      const output = join(folder, 'clean');
      const clean = { source, output, heldOut: 0, clean: 'huggingface' } as const;
      expect((await build(folder, clean)).statistics.duplicates).toBe(1);
    }));

  test('builds from the original archive what it builds from its texts', () =>
    inTemporaryFolder(async (folder) => {
      const formats = join(FIXTURES, 'formats');
      const { texts } = JSON.parse(await readFile(join(formats, 'expected.json'), 'utf8')) as {
        texts: string[];
      };
      const plain = await build(folder, { source: texts.map((text) => ({ id: '', text })) });
      const archive = await build(folder, {
        source: await openSource(join(formats, 'openwebtext.tar.xz')),
        output: join(folder, 'archive'),
        workers: 1,
        encoder: ENCODER_MODULE,
      });
      expect(archive.fingerprint).toBe(plain.fingerprint);
      expect(archive.splits).toEqual(plain.splits);
    }));

  test.each<[string, Partial<BuildOptions>, RegExp]>([
    ['a length', { length: 7 }, /length 7: expected an integer from 8/],
    ['a share', { heldOut: 1 }, /hold out 1 .* below 1/],
    ['a batch', { rowsPerBatch: 10 }, /rowsPerShard 64: expected a multiple of rowsPerBatch, 10/],
    ['an id', { special: { pad: 0, cls: 2, sep: 1000 } }, /special.sep 1000: expected .* to 999/],
    ['a seed', { seed: -1 }, /seed -1/],
    ['threads', { workers: 1 }, /functions do not cross threads/],
    ['nothing', { source: [] }, /nothing to build .* gave 0 documents and no example/],
  ])('refuses %s that cannot be', (_, options, message) =>
    inTemporaryFolder(async (folder) => {
      await expect(build(folder, options)).rejects.toThrow(message);
      expect(existsSync(join(folder, 'shards'))).toBe(false);
    }),
  );

  test('refuses to overwrite', () =>
    inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'shards'));
      await expect(build(folder)).rejects.toThrow(/cannot build .*shards: it exists/);
    }));

  test('says which tokenizer module is wrong', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'encoder.mjs');
      await writeFile(path, 'export const other = 1;');
      const encoder = { module: `file://${path}`, name: 'make' };
      await expect(build(folder, { encoder })).rejects.toThrow(
        /exports no function "make".\n.*found other/,
      );
    }));
});

test('documentSource groups documents without changing their order', async () => {
  const ids: string[] = [];
  let chunks = 0;
  for await (const chunk of documentSource(someDocuments(600)).chunks()) {
    chunks++;
    if (chunk.kind === 'documents') ids.push(...chunk.documents.map(({ id }) => id));
  }
  expect(chunks).toBe(3);
  expect(ids).toEqual(Array.from(someDocuments(600), ({ id }) => id));
});
