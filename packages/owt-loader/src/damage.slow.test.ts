// Every byte of a small shard changed, and every cut of it, each through verify and through reading for training.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { batches } from './batches.js';
import { buildShards } from './build-shards.js';
import { openShards, shardsOf } from './open-shards.js';
import { ShardError, type ShardFault } from './shard-error.js';
import { inTemporaryFolder, someDocuments, TOKENIZER } from './test-support.js';
import { verifyShards } from './verify-shards.js';

jest.setTimeout(1_800_000);

/** The short form takes every sixteenth place. */
const STEP = process.env.ALECTRA_SLOW === 'short' ? 16 : 1;

/** Builds a folder, does something to its first shard at every place, and asks both readers what they found. */
function atEveryPlace(
  harm: (whole: Buffer, at: number) => Uint8Array,
  check: (fault: ShardFault, at: number, bytes: number) => void,
): Promise<void> {
  return inTemporaryFolder(async (temporary) => {
    const folder = join(temporary, 'shards');
    const options = { length: 8, heldOut: 0, rowsPerBatch: 4, rowsPerShard: 8 };
    await buildShards({ ...TOKENIZER, ...options, output: folder, source: someDocuments(3, 3) });
    const [shard] = shardsOf(await openShards(folder), 'train');
    if (!shard) throw new Error('no shard');
    const path = join(folder, shard.file);
    const whole = readFileSync(path);
    expect((await verifyShards(folder)).faults).toEqual([]);
    for (let at = 0; at < whole.length; at += STEP) {
      writeFileSync(path, harm(whole, at));
      const [verified] = (await verifyShards(folder)).faults;
      const source = batches({ shards: await openShards(folder), batchSize: 1, epochs: 1 });
      const trained = await (async () => {
        while (await source.next());
      })().catch((error: unknown) => error);
      for (const error of [verified, trained]) {
        if (!(error instanceof ShardError)) throw new Error(`nothing was noticed at byte ${at}`);
        if (error.fault.code !== 'damaged' || error.fault.file !== shard.file)
          expect(error.fault).toMatchObject({ code: 'damaged', file: shard.file });
        expect(error.message).toMatch(/found .+, expected .+/);
        check(error.fault, at, whole.length);
      }
    }
  });
}

describe('a small shard', () => {
  test('with any byte changed is found by verify and by reading for training', () =>
    atEveryPlace(
      (whole, at) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        return changed;
      },
      ({ offset = Number.POSITIVE_INFINITY }, at) => expect(offset).toBeLessThanOrEqual(at),
    ));

  test('cut anywhere is found by verify and by reading for training', () =>
    atEveryPlace(
      (whole, at) => whole.subarray(0, at),
      ({ offset }, at) => expect(offset).toBe(at),
    ));
});
