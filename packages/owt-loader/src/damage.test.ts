import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type BatchOptions, batches, type DamagePolicy } from './batches.js';
import { buildShards } from './build-shards.js';
import { MANIFEST_NAME, type ShardEntry } from './manifest.js';
import {
  openShard,
  openShards,
  readBatch,
  readPart,
  type ShardFolder,
  shardsOf,
} from './open-shards.js';
import { ShardError, type ShardFault } from './shard-error.js';
import { firstRows } from './shard-text.js';
import { inTemporaryFolder, someDocuments, TOKENIZER } from './test-support.js';
import { verifyShards } from './verify-shards.js';

jest.setTimeout(240_000); // a busy machine

let folder: string; // the sound folder
let base: string;
const SHARD = 'train/data-00001-of-00003.arrow';

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'owt-damage-'));
  folder = join(base, 'sound');
  await buildShards({
    ...TOKENIZER,
    output: folder,
    source: someDocuments(22, 4),
    length: 16,
    heldOut: 0.01,
    rowsPerBatch: 4,
    rowsPerShard: 12,
  });
  expect(existsSync(join(folder, SHARD))).toBe(true);
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Works on a copy of the sound folder. */
function damagedCopy<T>(use: (copy: string) => Promise<T>): Promise<T> {
  return inTemporaryFolder((temporary) => {
    const copy = join(temporary, 'copy');
    cpSync(folder, copy, { recursive: true });
    return use(copy);
  });
}

async function readAll(copy: string, onDamage: DamagePolicy, onSkip?: BatchOptions['onSkip']) {
  const shards = await openShards(copy);
  const source = batches({ shards, batchSize: 3, epochs: 1, onDamage, ...(onSkip && { onSkip }) });
  const rows: string[] = [];
  for (let batch = await source.next(); batch; batch = await source.next())
    for (let row = 0; row < batch.validRows; row++)
      rows.push(batch.inputIds.subarray(row * 16, row * 16 + 16).join(' '));
  return rows;
}

async function readHeader({ folder }: ShardFolder, entry: ShardEntry): Promise<void> {
  const handle = await openShard(folder, entry);
  await readPart(handle, entry.file, -1, entry.header).finally(() => handle.close());
}

const faultOf = async (promise: Promise<unknown>): Promise<ShardFault> => {
  const error = await promise.then(
    () => new Error('nothing was noticed'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ShardError)) throw error;
  return error.fault;
};

describe('one changed byte', () => {
  test('anywhere in a shard is found by verify, with file, part and offset', () =>
    damagedCopy(async (copy) => {
      const path = join(copy, SHARD);
      const whole = readFileSync(path);
      const { manifest } = await openShards(copy);
      const entry = shardsOf(await openShards(copy), 'train')[1];
      const parts = [
        { batch: -1, offset: 0, length: entry?.header.length ?? 0 },
        ...(entry?.batches ?? []).map(({ offset, length }, batch) => ({ batch, offset, length })),
      ];
      expect(manifest.splits.train?.shards).toHaveLength(3);
      const shards = await openShards(copy);
      if (!entry) throw new Error('no entry');
      for (let at = 0; at < whole.length; at++) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        writeFileSync(path, changed);
        const part = parts.find(({ offset, length }) => at >= offset && at < offset + length);
        const named = { code: 'damaged', file: SHARD };
        if (part) {
          // Every byte through the reader, which verify uses; a byte in 256 through verify itself.
          const read =
            part.batch < 0 ? readHeader(shards, entry) : readBatch(shards, entry, part.batch);
          const where = { batch: part.batch, offset: part.offset };
          expect(await faultOf(read)).toMatchObject({ ...named, ...where });
          if (at % 256 !== 0) continue;
          expect((await verifyShards(copy)).faults[0]?.fault).toMatchObject({ ...named, ...where });
        } else {
          const [fault] = (await verifyShards(copy)).faults;
          expect(fault?.fault).toMatchObject({ ...named, offset: whole.length - 8 });
          expect(fault?.message).toMatch(/found .*, expected the end mark/);
        }
      }
    }));

  test('anywhere in the manifest is found when the folder is opened', () =>
    damagedCopy(async (copy) => {
      const path = join(copy, MANIFEST_NAME);
      const whole = readFileSync(path);
      for (let at = 0; at < whole.length; at++) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ (at % 2 === 0 ? 1 : 0x20);
        writeFileSync(path, changed);
        expect(await faultOf(openShards(copy))).toMatchObject({ code: 'damaged' });
      }
    }));

  test.each(['train/state.json', 'train/dataset_info.json', 'dataset_dict.json'])(
    'in %s is found by verify',
    (file) =>
      damagedCopy(async (copy) => {
        const bytes = await readFile(join(copy, file));
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        await writeFile(join(copy, file), bytes);
        const { faults } = await verifyShards(copy);
        expect(faults.map(({ fault }) => fault)).toMatchObject([{ code: 'damaged', file }]);
      }),
  );
});

describe('one cut', () => {
  test('anywhere in a shard is found', () =>
    damagedCopy(async (copy) => {
      const path = join(copy, SHARD);
      const whole = readFileSync(path);
      const entry = shardsOf(await openShards(copy), 'train')[1];
      const ends = [
        entry?.header.length ?? 0,
        ...(entry?.batches ?? []).map((b) => b.offset + b.length),
      ];
      const places = new Set([0, 1, whole.length - 1, whole.length - 8, ...ends]);
      for (let at = 0; at < whole.length; at += 37) places.add(at);
      for (const at of places) {
        writeFileSync(path, whole.subarray(0, at));
        const { faults } = await verifyShards(copy);
        expect(faults[0]?.fault).toMatchObject({ code: 'damaged', file: SHARD, offset: at });
      }
    }));

  test('and bytes too many as well', () =>
    damagedCopy(async (copy) => {
      await writeFile(
        join(copy, SHARD),
        Buffer.concat([await readFile(join(copy, SHARD)), Buffer.from('x')]),
      );
      expect((await verifyShards(copy)).faults[0]?.message).toMatch(
        /found \d+ bytes, expected \d+ bytes/,
      );
    }));
});

describe('files', () => {
  test('that are missing or foreign are named', () =>
    damagedCopy(async (copy) => {
      await rm(join(copy, SHARD));
      await rm(join(copy, 'train/state.json'));
      await writeFile(join(copy, 'train/data-00009-of-00009.arrow'), 'x');
      const faults = (await verifyShards(copy)).faults.map(({ fault }) => fault);
      expect(faults).toMatchObject([
        { code: 'foreign', file: 'train/data-00009-of-00009.arrow' },
        { code: 'missing', file: 'train/state.json' },
        { code: 'missing', file: SHARD },
      ]);
    }));

  test('of another build are found under the right name', () =>
    damagedCopy(async (copy) => {
      const other = 'train/data-00000-of-00003.arrow';
      await rename(join(copy, other), join(copy, SHARD));
      const { faults } = await verifyShards(copy);
      expect(faults.map(({ fault }) => fault.file)).toEqual(expect.arrayContaining([other, SHARD]));
    }));
});

describe('policy', () => {
  /** Damages batch 1 of the shard; batches 0 and 2 are sound. */
  const damage = async (copy: string): Promise<readonly string[]> => {
    const shards = await openShards(copy);
    const rows = (await firstRows(shards, 'train', 1e6)).map(({ ids }) =>
      ids.concat(new Array(16).fill(0)).slice(0, 16).join(' '),
    );
    const part = shardsOf(shards, 'train')[1]?.batches[1];
    const bytes = await readFile(join(copy, SHARD));
    const at = (part?.offset ?? 0) + 300;
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    await writeFile(join(copy, SHARD), bytes);
    return rows;
  };

  test('stop throws, naming file, batch, offset, expected and found', () =>
    damagedCopy(async (copy) => {
      await damage(copy);
      await expect(readAll(copy, 'stop')).rejects.toThrow(
        /train\/data-00001-of-00003.arrow, batch 1 at byte \d+ is damaged: found CRC-32 [0-9a-f]{8}, expected CRC-32 [0-9a-f]{8}/,
      );
    }));

  test('skip leaves out the damaged batch and says so', () =>
    damagedCopy(async (copy) => {
      const rows = await damage(copy);
      const skipped: ShardFault[] = [];
      const read = await readAll(copy, 'skip', (error) => skipped.push(error.fault));
      expect([...read].sort()).toEqual(rows.filter((_, i) => i < 16 || i >= 20).sort());
      expect(skipped).toMatchObject([{ file: SHARD, batch: 1 }]);
      expect(existsSync(join(copy, SHARD))).toBe(true);
    }));

  test('quarantine moves the shard away, and the run goes on without it', () =>
    damagedCopy(async (copy) => {
      const rows = await damage(copy);
      const first = await readAll(copy, 'quarantine');
      expect(existsSync(join(copy, SHARD))).toBe(false);
      expect(await readdir(join(copy, 'quarantine'))).toEqual([
        'train-data-00001-of-00003.arrow',
        'train-data-00001-of-00003.arrow.json',
      ]);
      const outside = rows.filter((_, i) => i < 12 || i >= 24);
      expect(first).toEqual(expect.arrayContaining(outside));
      // The next run finds it gone and reads the rest, in an order that the loss does not change.
      const second = await readAll(copy, 'quarantine');
      expect([...second].sort()).toEqual([...outside].sort());
      await expect(readAll(copy, 'stop')).rejects.toThrow(/is missing from/);
    }));

  /** What can be wrong with the shard of rows 12 to 23, four a batch: the fault, and the rows that are left. */
  const harms: readonly [
    name: string,
    code: ShardFault['code'],
    left: number,
    harm: (path: string, shards: ShardFolder) => Promise<void>,
  ][] = [
    [
      'cut inside its second batch',
      'damaged',
      4,
      (path, shards) =>
        truncate(path, (shardsOf(shards, 'train')[1]?.batches[1]?.offset ?? 0) + 10),
    ],
    ['missing', 'missing', 0, (path) => rm(path)],
    [
      'the one of another build',
      'damaged',
      0,
      async (path, { folder: copy }) => {
        const other = join(copy, '..', 'other');
        const options = { output: other, length: 16, heldOut: 0.01, seed: 1 };
        const source = someDocuments(22, 5);
        await buildShards({ ...TOKENIZER, ...options, source, rowsPerBatch: 4, rowsPerShard: 12 });
        const [, shard] = shardsOf(await openShards(other), 'train');
        await rename(join(other, shard?.file ?? ''), path);
      },
    ],
  ];

  test.each(harms)('with a shard that is %s: each names it', (_, code, left, harm) =>
    damagedCopy(async (copy) => {
      const rows = (await firstRows(await openShards(copy), 'train', 1e6)).map(({ ids }) =>
        ids.concat(new Array(16).fill(0)).slice(0, 16).join(' '),
      );
      await harm(join(copy, SHARD), await openShards(copy));
      expect(await faultOf(readAll(copy, 'stop'))).toMatchObject({ code, file: SHARD });
      const noticed: ShardFault[] = [];
      const skipped = await readAll(copy, 'skip', (error) => noticed.push(error.fault));
      expect(skipped.sort()).toEqual(rows.filter((_, i) => i < 12 + left || i >= 24).sort());
      for (const fault of noticed) expect(fault).toMatchObject({ code, file: SHARD });
      expect(noticed.length).toBeGreaterThan(0);
      const kept = await readAll(copy, 'quarantine');
      expect(kept).toEqual(expect.arrayContaining(rows.filter((_, i) => i < 12 || i >= 24)));
      expect(existsSync(join(copy, SHARD))).toBe(false);
      const report = join(copy, 'quarantine/train-data-00001-of-00003.arrow.json');
      expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ code, file: SHARD });
    }),
  );

  test('a split without a sound batch is an error, not an endless search', () =>
    damagedCopy(async (copy) => {
      for (const { file } of shardsOf(await openShards(copy), 'train'))
        await truncate(join(copy, file), 9);
      const source = batches({ shards: await openShards(copy), batchSize: 1, onDamage: 'skip' });
      await expect(source.next()).rejects.toThrow(/no record batch of the split "train"/);
    }));
});
