import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type BatchOptions, type BatchSource, batches } from './batches.js';
import { buildShards } from './build-shards.js';
import { openShards, type ShardFolder } from './open-shards.js';
import { firstRows } from './shard-text.js';
import { someDocuments, TOKENIZER } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

const L = 32;
let folder: string;
let shards: ShardFolder;
let rows: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'owt-batches-'));
  const output = join(folder, 'shards');
  await buildShards({
    ...TOKENIZER,
    output,
    source: someDocuments(40, 8),
    length: L,
    heldOut: 0.1,
    rowsPerBatch: 8,
    rowsPerShard: 24,
  });
  shards = await openShards(output);
  rows = (await firstRows(shards, 'train', 1e6)).map(({ ids }) => ids.join(' '));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: Partial<BatchOptions> = {}): BatchSource =>
  batches({ shards, batchSize: 4, seed: 3, blocksPerWindow: 2, ...options });

/** The next `count` batches as rows of text. */
async function take(source: BatchSource, count: number): Promise<string[][]> {
  const found: string[][] = [];
  for (let i = 0; i < count; i++) {
    const batch = await source.next();
    if (!batch) break;
    found.push(
      Array.from({ length: batch.validRows }, (_, row) => {
        const at = row * batch.columns;
        const length = batch.attentionMask.subarray(at, at + L).reduce((sum, bit) => sum + bit, 0);
        return batch.inputIds.subarray(at, at + length).join(' ');
      }),
    );
  }
  return found;
}

describe('batches', () => {
  test('gives every row once an epoch, in another order each epoch and for each seed', async () => {
    const steps = rows.length; // 4 epochs of rows.length / 4 steps, laid end to end
    const all = (await take(open(), steps)).flat();
    const epochs = [0, 1, 2, 3].map((e) => all.slice(e * rows.length, (e + 1) * rows.length));
    for (const epoch of epochs) expect([...epoch].sort()).toEqual([...rows].sort());
    expect(new Set(epochs.map((epoch) => epoch.join('\n'))).size).toBe(4);
    const other = (await take(open({ seed: 4 }), steps)).flat().slice(0, rows.length);
    expect([...other].sort()).toEqual([...rows].sort());
    expect(other).not.toEqual(epochs[0]);
  });

  test('goes on after every position exactly as without a stop, and again, across epochs', async () => {
    const steps = Math.ceil((2.5 * rows.length) / 4);
    const whole = await take(open(), steps + 4);
    const first = open();
    for (let done = 0; done < steps; done++) {
      const second = open({ seed: 77 }); // the state brings its own seed
      second.seek(JSON.parse(JSON.stringify(first.state())));
      expect(await take(second, 1)).toEqual(whole.slice(done, done + 1));
      const third = open();
      third.seek(second.state());
      expect(await take(third, 3)).toEqual(whole.slice(done + 1, done + 4));
      await first.next();
    }
  });

  test('gives ranks together what one process gets, for every world size', async () => {
    const single = (await take(open({ batchSize: 24 }), 12)).map((batch) => batch);
    for (const world of [2, 3, 4, 6]) {
      const batchSize = 24 / world;
      const ranks = await Promise.all(
        Array.from({ length: world }, (_, rank) => take(open({ batchSize, rank, world }), 12)),
      );
      for (const [step, expected] of single.entries()) {
        const joined = Array.from(
          { length: 24 },
          (_, i) => ranks[i % world]?.[step]?.[Math.floor(i / world)],
        );
        expect(joined).toEqual(expected);
      }
    }
  });

  test('changes the world size in the middle: nothing repeated, nothing lost', async () => {
    const whole = (await take(open({ batchSize: 6 }), 20)).flat();
    const two = [0, 1].map((rank) => open({ batchSize: 3, rank, world: 2 }));
    const before: (string | undefined)[] = [];
    for (let step = 0; step < 7; step++) {
      const [a, b] = await Promise.all(two.map(async (source) => (await take(source, 1))[0] ?? []));
      for (let i = 0; i < 3; i++) before.push(a?.[i], b?.[i]);
    }
    expect(two[0]?.state()).toEqual(two[1]?.state());
    const after = open({ batchSize: 13 });
    after.seek(two[0]?.state() ?? { seed: 0, epoch: 0, position: 0 });
    expect([...before, ...(await take(after, 6)).flat()]).toEqual(whole.slice(0, 42 + 78));
  });

  test('does not depend on window loading, and windows of one block keep blocks together', async () => {
    const wide = (await take(open({ blocksPerWindow: 1000, epochs: 1 }), 1e6)).flat();
    expect([...wide].sort()).toEqual([...rows].sort());
    const narrow = (await take(open({ blocksPerWindow: 1, epochs: 1 }), 1e6)).flat();
    const blockOf = (row: string): number => Math.floor(rows.indexOf(row) / 8);
    const changes = narrow.filter(
      (row, i) => i > 0 && blockOf(row) !== blockOf(narrow[i - 1] ?? ''),
    );
    expect(changes.length).toBe(Math.ceil(rows.length / 8) - 1);
  });

  test('ends after the epochs asked for, with the last batch padded', async () => {
    const source = open({ batchSize: 7, epochs: 1, order: 'file' });
    const read: string[] = [];
    let last: Awaited<ReturnType<BatchSource['next']>>;
    for (let batch = await source.next(); batch; batch = await source.next()) {
      expect([batch.rows, batch.columns, batch.inputIds.length]).toEqual([7, L, 7 * L]);
      last = batch;
    }
    source.seek({ seed: 0, epoch: 0, position: 0 });
    read.push(...(await take(source, 1e6)).flat());
    expect(read).toEqual(rows);
    expect(last?.validRows).toBe(rows.length % 7 || 7);
    const padding = last?.attentionMask.subarray((last?.validRows ?? 0) * L) ?? [];
    expect([...padding].every((bit) => bit === 0)).toBe(true);
    expect(await source.next()).toBeUndefined();
  });

  test('derives mask and segments from length and split', async () => {
    const batch = await open({ order: 'file' }).next();
    const [row] = await firstRows(shards, 'train', 1);
    const { length = 0, split = 0 } = row ?? {};
    const bits = (from: number): number[] =>
      Array.from({ length: L }, (_, i) => (i >= from && i < length ? 1 : 0));
    expect([...(batch?.attentionMask.subarray(0, L) ?? [])]).toEqual(bits(0));
    expect([...(batch?.tokenTypeIds.subarray(0, L) ?? [])]).toEqual(bits(split));
  });

  test('keeps the validation split apart', async () => {
    const held = (await take(open({ split: 'validation', epochs: 1 }), 1e6)).flat();
    const expected = (await firstRows(shards, 'validation', 1e6)).map(({ ids }) => ids.join(' '));
    expect([...held].sort()).toEqual(expected.sort());
    expect(held.some((row) => rows.includes(row))).toBe(false);
  });

  test.each([
    [{ batchSize: 0 }, /batchSize 0/],
    [{ rank: 2, world: 2 }, /rank 2: expected an integer from 0 to 1/],
    [{ world: 0 }, /world 0/],
    [{ seed: -1 }, /seed -1/],
    [{ epochs: 0 }, /epochs 0/],
    [{ epochs: Number.NaN }, /epochs NaN/],
    [{ order: 'shufled' }, /order shufled: expected shuffled or file/],
    [{ onDamage: 'ignore' }, /onDamage ignore: expected stop or skip or quarantine/],
  ])('refuses %p', (options, message) => {
    expect(() => open(options as Partial<BatchOptions>)).toThrow(message);
  });

  test('asked for several at once, gives one after another; a seek meanwhile counts', async () => {
    const whole = await take(open(), 5);
    const source = open();
    const [first] = whole;
    const all = await Promise.all(Array.from({ length: 5 }, () => take(source, 1)));
    expect(all.flat()).toEqual(whole);
    const asked = source.next();
    source.seek({ seed: 3, epoch: 0, position: 0 });
    await asked;
    expect(await take(source, 1)).toEqual([first]);
  });

  test('refuses a position outside the epoch', () => {
    expect(() => open().seek({ seed: 0, epoch: 0, position: rows.length })).toThrow(
      /state.position/,
    );
  });
});

describe('openShards', () => {
  test('refuses shards of another tokenizer, size or build', async () => {
    const { fingerprint } = shards.manifest;
    await openShards(shards.folder, {
      tokenizer: { name: 'test' },
      vocabularySize: 1000,
      fingerprint,
    });
    const open = (expected: object) => openShards(shards.folder, expected);
    await expect(open({ tokenizer: { name: 'other' } })).rejects.toThrow(
      /its tokenizer is \{"name":"test"\}, expected \{"name":"other"\}/,
    );
    await expect(open({ vocabularySize: 999 })).rejects.toMatchObject({ code: 'mismatch' });
    await expect(open({ fingerprint: 'x' })).rejects.toMatchObject({ code: 'mismatch' });
    await expect(openShards(folder)).rejects.toThrow(/not a finished folder of shards/);
  });
});
