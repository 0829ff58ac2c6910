import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@alectra/files';
import { describe, expect, jest, test } from '@jest/globals';
import { buildShards } from './build-shards.js';
import type { RowGroupChunk } from './chunk.js';
import { openSource } from './open-source.js';
import { boundedMetadata, boundedTexts } from './parquet-process.js';
import { type Fetch, listHubDataset, remoteParquetSource } from './parquet-source.js';
import { parquetGroups } from './parquet-text.js';
import { documentsOf } from './shard-text.js';
import { FIXTURES, inTemporaryFolder, TOKENIZER } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

const FORMATS = join(FIXTURES, 'formats');
const NAMES = ['train-00000-of-00002.parquet', 'train-00001-of-00002.parquet'];
const files = await Promise.all(
  NAMES.map(async (name) => ({ name, bytes: await readFile(join(FORMATS, 'parquet-none', name)) })),
);

/** A hub with one data set, its tree on two pages, that answers ranges as servers do. */
function hub({
  change = (bytes: Buffer): Buffer => bytes,
  ranges = true,
} = {}): Fetch & { log: string[] } {
  const log: string[] = [];
  const answer: Fetch = async (url, init) => {
    log.push(`${init?.headers?.range ?? 'whole'} ${url}`);
    const path = new URL(url).pathname;
    if (path.endsWith('/tree/main')) {
      const page = Number(new URL(url).searchParams.get('cursor') ?? 0);
      const entries = [
        [{ type: 'file', path: 'README.md', size: 3 }, entry(1)],
        [
          { type: 'directory', path: 'data', size: 0 },
          entry(0),
          { ...entry(0), path: 'data/test-0.parquet' },
        ],
      ][page];
      const headers = new Headers(page === 0 ? [['link', `<${url}&cursor=1>; rel="next"`]] : []);
      return new Response(JSON.stringify(entries), { headers });
    }
    const file = files.find(({ name }) => path.endsWith(name));
    if (!file) return new Response('', { status: 404 });
    const bytes = change(Buffer.from(file.bytes));
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(init?.headers?.range ?? '') ?? [];
    if (from === undefined || !ranges) return new Response(Uint8Array.from(bytes));
    return new Response(Uint8Array.from(bytes.subarray(Number(from), Number(to) + 1)), {
      status: 206,
    });
  };
  return Object.assign(answer, { log });
}

const entry = (i: number) => ({
  type: 'file',
  path: `data/${NAMES[i]}`,
  size: files[i]?.bytes.length ?? 0,
  lfs: { oid: sha256(files[i]?.bytes ?? '') },
});

async function texts(fetch: Fetch): Promise<string[]> {
  const source = remoteParquetSource(await listHubDataset('o/n', { fetch }), { fetch });
  const found: string[] = [];
  for await (const { text } of documentsOf(source)) found.push(text);
  return found;
}

describe('a data set on the hub', () => {
  test('is found by listing its tree and read in order, each file once', async () => {
    const expected = JSON.parse(await readFile(join(FORMATS, 'expected.json'), 'utf8')) as {
      texts: string[];
    };
    const fetch = hub();
    expect(await texts(fetch)).toEqual(expected.texts);
    expect(
      fetch.log.filter((line) => line.startsWith('whole') && line.includes('resolve')),
    ).toHaveLength(2);
    expect(await texts(hub({ ranges: false }))).toEqual(expected.texts);
  });

  test('that was changed on the way is refused before anything of it is kept', () =>
    inTemporaryFolder(async (folder) => {
      const change = (bytes: Buffer): Buffer => {
        bytes[40] = (bytes[40] ?? 0) ^ 1; // a letter of the first text: no reader of Parquet notices
        return bytes;
      };
      const output = join(folder, 'shards');
      const build = async (fetch: Fetch) => {
        const source = remoteParquetSource(await listHubDataset('o/n', { fetch }), { fetch });
        return buildShards({ ...TOKENIZER, source, output, saveEvery: 1, length: 16 });
      };
      await expect(build(hub({ change }))).rejects.toThrow(
        /train-00000.*found SHA-256 .*, expected SHA-256/,
      );
      const recovered = await build(hub());
      const output2 = join(folder, 'again');
      const source = await openSource(join(FORMATS, 'parquet-none'));
      const local = await buildShards({ ...TOKENIZER, source, output: output2, length: 16 });
      expect(recovered.fingerprint).toBe(local.fingerprint);
      expect(recovered.splits).toEqual(local.splits);
    }));

  test('that is cut or not there is named', async () => {
    await expect(texts(hub({ change: (bytes) => bytes.subarray(0, 5000) }))).rejects.toMatchObject({
      code: 'damaged',
    });
    const gone: Fetch = async () => new Response('', { status: 404 });
    await expect(listHubDataset('o/n', { fetch: gone })).rejects.toThrow(
      /cannot be listed: found status 404/,
    );
    const empty: Fetch = async () => new Response('[]');
    await expect(listHubDataset('o/n', { fetch: empty })).rejects.toThrow(/found no Parquet file/);
  });
});

test('a file in a Hugging Face cache is tested against the hash it is named by', () =>
  inTemporaryFolder(async (folder) => {
    const bytes = Buffer.from(files[0]?.bytes ?? '');
    const hash = sha256(bytes);
    await mkdir(join(folder, 'blobs'));
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'blobs', hash), bytes);
    await symlink(join(folder, 'blobs', hash), join(folder, 'data/train.parquet'));
    const count = async (): Promise<number> => {
      let documents = 0;
      for await (const _ of documentsOf(await openSource(join(folder, 'data')))) documents++;
      return documents;
    };
    expect(await count()).toBe(15);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(join(folder, 'blobs', hash), bytes);
    await expect(count()).rejects.toThrow(/train.parquet is damaged: its SHA-256 is/);
  }));

describe('a Parquet file of which nobody knows the hash', () => {
  // Where the first data page says for how many values its first level holds, 6.
  const LEVELS = 3821;

  /** The first row group, whose level claims to hold for a thousand million values. */
  const endless = async (): Promise<RowGroupChunk> => {
    const bytes = Buffer.from(files[0]?.bytes ?? '');
    expect(bytes[LEVELS]).toBe(6 << 1);
    bytes.set([0xfe, 0xff, 0xff, 0xff, 0x07], LEVELS);
    const from = { bytes: Uint8Array.from(bytes) };
    const file = {
      byteLength: bytes.length,
      slice: async (a: number, b?: number) => from.bytes.slice(a, b).buffer,
    };
    const metadata = await boundedMetadata(file, 'a.parquet');
    const [group] = parquetGroups(metadata, file, 'a.parquet', 'text');
    if (!group) throw new Error('no row group');
    const { start, end } = group.range;
    return {
      kind: 'row-group',
      name: 'a.parquet',
      ...group,
      from: { bytes: from.bytes.subarray(start, end) },
    };
  };

  test('is given up when its values have no end, and the next one is read', async () => {
    await expect(boundedTexts(await endless(), 'text', 3000)).rejects.toThrow(
      /a.parquet, rows 0 to 6 is a damaged Parquet file: found (?:work without an end, still after 3 s|an end of its process with SIG[A-Z]+)/,
    );
    let documents = 0;
    for await (const _ of documentsOf(await openSource(join(FORMATS, 'parquet-none')))) documents++;
    expect(documents).toBe(30);
  });
});
