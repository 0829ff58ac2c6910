import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type FileMetaData, parquetMetadata } from 'hyparquet';
import type { RowGroupChunk } from './chunk.js';
import { openSource } from './open-source.js';
import { PageMemory } from './page-memory.js';
import { pageTexts } from './parquet-pages.js';
import { parquetGroups } from './parquet-text.js';
import { documentsOf } from './shard-text.js';
import { FIXTURES } from './test-support.js';

const FOLDER = join(FIXTURES, 'parquet'); // tools/reference/owt_parquet.py
const expected = JSON.parse(await readFile(join(FOLDER, 'expected.json'), 'utf8')) as {
  readonly texts: readonly string[];
};

/** The row groups of a fixture in memory. */
async function groupsOf(name: string): Promise<RowGroupChunk[]> {
  const bytes = Uint8Array.from(await readFile(join(FOLDER, `${name}.parquet`)));
  const groups = parquetGroups(
    parquetMetadata(bytes.buffer),
    { byteLength: bytes.length },
    name,
    'text',
  );
  return groups.map((group) => ({
    kind: 'row-group',
    name,
    ...group,
    from: { bytes: bytes.slice(group.range.start, group.range.end) },
  }));
}

const memory = new PageMemory();

const strings = (texts: readonly Uint8Array[] | undefined): string[] | undefined =>
  texts?.map((text) => Buffer.from(text).toString());

test.each([
  ['dictionary', [true, true]],
  ['plain', [true, true]],
  ['full-dictionary', [true, true]], // one that grew too large, and plain texts after it
  ['version-2', [true, true]],
  ['version-2-none', [true, true]],
  ['required', [true, true]],
  ['checksums', [true, true]],
  ['zstd', [false, false]],
  ['gzip', [false, false]],
  ['delta', [false, false]],
  ['nulls', [false, true]], // one of them in the first group
])('of the row groups of %s.parquet these are read here: %p', async (name, here) => {
  const read = [];
  for (const [i, group] of (await groupsOf(name)).entries()) {
    const texts = strings(await pageTexts(group, 'text', memory));
    read.push(texts !== undefined);
    const { first, rows } = group.range;
    if (texts) expect([i, texts]).toEqual([i, expected.texts.slice(first, first + rows)]);
  }
  expect(read).toEqual(here);
});

test.each(['dictionary', 'zstd', 'gzip', 'delta'])(
  '%s.parquet gives its texts, read here or not',
  async (name) => {
    const texts: string[] = [];
    for await (const { text } of documentsOf(await openSource(join(FOLDER, `${name}.parquet`))))
      texts.push(Buffer.from(text).toString());
    expect(texts).toEqual(expected.texts);
  },
  240_000,
); // a process is started, on a busy machine

/** Every byte of a row group changed in three ways, one at a time. */
async function* changed(name: string): AsyncGenerator<RowGroupChunk> {
  const [group] = await groupsOf(name);
  if (!group || !('bytes' in group.from)) throw new Error('no row group');
  const bytes = group.from.bytes;
  for (let at = 0; at < bytes.length; at++)
    for (const mask of [1, 0x80, 0xff]) {
      const copy = bytes.slice();
      copy[at] = (copy[at] ?? 0) ^ mask;
      yield { ...group, from: { bytes: copy } };
    }
}

test('a changed byte under a checksum never gives another text', async () => {
  const right = JSON.stringify(expected.texts.slice(0, 25));
  const outcomes = { right: 0, declined: 0, refused: 0, wrong: 0 };
  for await (const group of changed('checksums'))
    try {
      const texts = strings(await pageTexts(group, 'text', memory));
      outcomes[!texts ? 'declined' : JSON.stringify(texts) === right ? 'right' : 'wrong']++;
    } catch (error) {
      expect(error).toMatchObject({ code: 'damaged' });
      outcomes.refused++;
    }
  expect(outcomes.wrong).toBe(0);
  expect(outcomes.refused).toBeGreaterThan(5000); // nearly all bytes are those of texts
  expect(outcomes.declined).toBeGreaterThan(50);
});

test('a page that is not what its CRC-32 says is named with both', async () => {
  const [group] = await groupsOf('checksums');
  if (!group || !('bytes' in group.from)) throw new Error('no row group');
  const { bytes } = group.from;
  bytes[bytes.length - 3] ^= 1;
  await expect(pageTexts(group, 'text', memory)).rejects.toThrow(
    /checksums, rows 0 to 25 are damaged: found a page of CRC-32 [0-9a-f]{8}, expected [0-9a-f]{8}/,
  );
});

test.each(['dictionary', 'version-2', 'plain'])(
  'a changed byte of %s.parquet gives as many texts or none',
  async (name) => {
    const counts = new Set<number | undefined>();
    for await (const group of changed(name))
      counts.add((await pageTexts(group, 'text', memory))?.length);
    expect([...counts].sort()).toEqual([25, undefined]);
  },
);

// Pages by hand: fields of a header as [number before it, type 5 (a whole number) or 12 (a struct), value].
const zigzag = (value: number): number[] => varint(value < 0 ? -2 * value - 1 : 2 * value);
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
const int = (delta: number, value: number): number[] => [(delta << 4) | 5, ...zigzag(value)];

interface Page {
  readonly type?: number;
  readonly size?: number;
  readonly values: number;
  readonly encoding?: number;
  readonly body: readonly number[];
}

/** A page of version 1 or a dictionary (type 2), stored as it is. */
function page({ type = 0, values, encoding = 0, body, size = body.length }: Page): number[] {
  const sizes = [...int(1, type), ...int(1, size), ...int(1, body.length)];
  const inner = [...int(1, values), ...int(1, encoding), ...int(1, 3), ...int(1, 3), 0];
  return [...sizes, ((type === 2 ? 4 : 2) << 4) | 12, ...inner, 0, ...body];
}

const text = (value: string): number[] => {
  const bytes = [...Buffer.from(value)];
  return [bytes.length, 0, 0, 0, ...bytes];
};

interface Given {
  readonly rows: number;
  readonly codec: 'UNCOMPRESSED' | 'SNAPPY';
  /** Of the column's footer. */
  readonly about?: Readonly<Record<string, unknown>>;
  readonly column?: Readonly<Record<string, unknown>>;
  readonly repetition?: 'REQUIRED' | 'OPTIONAL' | 'REPEATED';
}

function handmade(
  pages: readonly number[],
  { rows, codec, about, column, repetition = 'REQUIRED' }: Given,
): RowGroupChunk {
  const bytes = Uint8Array.from(pages);
  const meta_data = {
    type: 'BYTE_ARRAY',
    path_in_schema: ['text'],
    codec,
    data_page_offset: 4n,
    total_compressed_size: BigInt(bytes.length),
    total_uncompressed_size: BigInt(8 * bytes.length),
    ...about,
  };
  const element = {
    name: 'text',
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    repetition_type: repetition,
  };
  const metadata = { schema: [element], row_groups: [{ columns: [{ meta_data, ...column }] }] };
  return {
    kind: 'row-group',
    name: 'by hand',
    metadata: metadata as unknown as FileMetaData,
    range: { first: 0, rows, start: 4, end: 4 + bytes.length },
    from: { bytes },
  };
}

/** A page of version 2: so many bytes of levels, which lie before what is compressed. */
function page2(
  levels: readonly number[],
  levelBytes: number,
  nulls: number,
  body: readonly number[],
): number[] {
  const size = levels.length + body.length;
  const sizes = [...int(1, 3), ...int(1, size), ...int(1, size)];
  const counts = [...int(1, 1), ...int(1, nulls), ...int(1, 1), ...int(1, 0)]; // values, nulls, rows, encoding
  return [
    ...sizes,
    (5 << 4) | 12,
    ...counts,
    ...int(1, levelBytes),
    ...int(1, 0),
    (1 << 4) | 2,
    0,
    0,
    ...levels,
    ...body,
  ];
}

const dictionary = page({ type: 2, values: 2, body: [...text('no'), ...text('yes')] });
const yes = [...text('yes')]; // 7 bytes
/** The seven bytes as one literal of snappy. */
const snappy = (says: number): number[] => [says, (yes.length - 1) << 2, ...yes];

const good = page({ values: 1, body: text('a') });
const one = { rows: 1, codec: 'UNCOMPRESSED' } as const;

test.each<[string, readonly number[], Given, readonly string[] | undefined]>([
  [
    'two plain texts',
    page({ values: 2, body: [...text('a'), ...text('bc')] }),
    { ...one, rows: 2 },
    ['a', 'bc'],
  ],
  [
    'a text in snappy',
    page({ values: 1, size: 7, body: snappy(7) }),
    { rows: 1, codec: 'SNAPPY' },
    ['yes'],
  ],
  // width 1; a run of three times the number 1, then one group of eight bits, the lowest first, of which two are wanted
  [
    'numbers of a dictionary',
    [...dictionary, ...page({ values: 5, encoding: 8, body: [1, 3 << 1, 1, (1 << 1) | 1, 0b10] })],
    { ...one, rows: 5 },
    ['yes', 'yes', 'yes', 'no', 'yes'],
  ],
  // one run of one level 1
  [
    'levels that are all there',
    page({ values: 1, body: [2, 0, 0, 0, 2, 1, ...yes] }),
    { ...one, repetition: 'OPTIONAL' },
    ['yes'],
  ],
  ['levels of version 2', page2([2, 1], 2, 0, yes), { ...one, repetition: 'OPTIONAL' }, ['yes']],
  ['an index page before', [...int(1, 1), ...int(1, 0), ...int(1, 0), 0, ...good], one, ['a']],
])('%s', async (_, pages, given, expectedTexts) => {
  expect(strings(await pageTexts(handmade(pages, given), 'text', memory))).toEqual(expectedTexts);
});

test.each<[string, readonly number[], Given]>([
  [
    'snappy that says less than its page',
    page({ values: 1, size: 8, body: snappy(7) }),
    { rows: 1, codec: 'SNAPPY' },
  ],
  [
    'a page of 128 MB from a few bytes',
    page({ values: 1, size: 2 ** 27, body: [...varint(2 ** 27), ...snappy(7).slice(1)] }),
    { rows: 1, codec: 'SNAPPY' },
  ],
  [
    'more texts than rows',
    page({ values: 3, body: [...text('a'), ...text('b'), ...text('c')] }),
    { ...one, rows: 2 },
  ],
  ['fewer texts than rows', good, { ...one, rows: 2 }],
  ['fewer texts than the page says', page({ values: 2, body: text('a') }), { ...one, rows: 2 }],
  ['more texts than the page says', page({ values: 1, body: [...text('a'), ...text('b')] }), one],
  ['a page after the last row', [...good, ...page({ values: 0, body: [0] })], one],
  ['less than no texts', [...page({ values: -1, body: [] }), ...good], one],
  [
    'a number that is not in the dictionary',
    [...dictionary, ...page({ values: 1, encoding: 8, body: [1, 1 << 1, 2] })],
    one,
  ],
  [
    'a run of nothing',
    [...dictionary, ...page({ values: 1, encoding: 8, body: [1, 0, 0, 1 << 1, 0] })],
    one,
  ],
  ['numbers without a dictionary', page({ values: 1, encoding: 8, body: [1, 2, 1] }), one],
  [
    'two dictionaries',
    [...dictionary, ...dictionary, ...page({ values: 2, encoding: 8, body: [1, 2 << 1, 0] })],
    { ...one, rows: 2 },
  ],
  ['a dictionary after texts', [...good, ...dictionary, ...good], { ...one, rows: 2 }],
  [
    'another encoding of the dictionary',
    [...page({ type: 2, values: 1, encoding: 6, body: text('a') }), ...good],
    one,
  ],
  [
    'a page of a kind that there is not',
    [...int(1, 9), ...int(1, 0), ...int(1, 0), 0, ...good],
    one,
  ],
  ['a number of 42 bits', [0x15, 0x80, 0x80, 0x80, 0x80, 0x80, 0, ...good.slice(2)], one],
  ['a hundred thousand structs in structs', Array<number>(100_000).fill(0x1c), one],
  ['a list in a header', [0x19, 0xf5, 0x7f, ...good], one],
  [
    'a level 0',
    page({ values: 1, body: [2, 0, 0, 0, 2, 0, ...yes] }),
    { ...one, repetition: 'OPTIONAL' },
  ],
  ['a level 0 of version 2', page2([2, 0], 2, 0, yes), { ...one, repetition: 'OPTIONAL' }],
  ['a null of version 2', page2([2, 1], 2, 1, yes), { ...one, repetition: 'OPTIONAL' }],
  ['levels where there are none', page2([2, 1], 2, 0, yes), one],
  [
    'more levels than the page has bytes',
    page2([2, 1], 200, 0, yes),
    { ...one, repetition: 'OPTIONAL' },
  ],
  [
    'a long text a million times',
    [
      ...page({ type: 2, values: 1, body: [0, 2, 0, 0, ...Array<number>(512).fill(97)] }),
      ...page({ values: 2 ** 20, encoding: 8, body: [0, ...varint(2 ** 21)] }),
    ],
    { ...one, rows: 2 ** 20 },
  ],
  // what a damaged footer may say
  ['no number of rows', good, { ...one, rows: Number.NaN }],
  ['less than no rows', good, { ...one, rows: -1 }],
  ['a column without its size', good, { ...one, about: { total_uncompressed_size: undefined } }],
  ['half a byte', good, { ...one, about: { total_compressed_size: good.length - 0.5 } }],
  ['a column before its group', good, { ...one, about: { data_page_offset: 3n } }],
  ['a column nowhere', good, { ...one, about: { data_page_offset: undefined } }],
  ['a column that says it is small', good, { ...one, about: { total_uncompressed_size: 3n } }],
  [
    'a column that says it is large',
    good,
    { ...one, about: { total_uncompressed_size: 2n ** 40n } },
  ],
  ['a column in a struct', good, { ...one, about: { path_in_schema: ['a', 'text'] } }],
  ['a column in another file', good, { ...one, column: { file_path: 'b.parquet' } }],
  ['lists of texts', good, { ...one, repetition: 'REPEATED' }],
])('%s: read otherwise', async (_, pages, given) => {
  const chunk = handmade(pages, given);
  expect(strings(await pageTexts(chunk, 'text', memory))).toBeUndefined();
});

test('bytes that end before their group are not those of the group before', async () => {
  expect(await pageTexts(handmade(good, one), 'text', memory)).toBeDefined();
  const chunk = handmade(good, one);
  const cut = { ...chunk, from: { bytes: Uint8Array.from(good.slice(0, -1)) } };
  expect(await pageTexts(cut, 'text', memory)).toBeUndefined();
});

test('a checksum that is wrong in a file whose hash is right is no damage', async () => {
  const [group] = await groupsOf('checksums');
  if (!group || !('bytes' in group.from)) throw new Error('no row group');
  const { bytes } = group.from;
  bytes[bytes.length - 3] ^= 1;
  expect(await pageTexts({ ...group, trusted: true }, 'text', memory)).toHaveLength(25);
});

test('a footer with a number of rows that is none is refused', async () => {
  const bytes = Uint8Array.from(await readFile(join(FOLDER, 'plain.parquet')));
  const metadata = parquetMetadata(bytes.buffer);
  const groups = metadata.row_groups.map((group) => ({ ...group, num_rows: -26n }));
  expect(() =>
    parquetGroups(
      { ...metadata, row_groups: groups },
      { byteLength: bytes.length },
      'plain',
      'text',
    ),
  ).toThrow('plain is a damaged Parquet file: found a row group of -26 rows.');
});
