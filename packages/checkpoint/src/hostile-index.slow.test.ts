// At least 100,000 mutated indexes of weights in several files: refused by name, or the very tensors.
//
// ALECTRA_SLOW=short runs a hundredth of them.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { mutate } from './mutated-bytes.test-support.js';
import { openSafetensors } from './safetensors-read.js';
import { openSharded, writeSharded } from './sharded.js';
import type { WeightRecord } from './weights.js';

const FILES = process.env.ALECTRA_SLOW === 'short' ? 1_000 : 100_000;
const MAX_MS = 1000; // of processor time, for one small file
Error.stackTraceLimit = 0; // traces cost more than the reader

const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'index-'));
afterAll(() => rmSync(root, { recursive: true }));

const FILE_NAMES = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const floats = (...values: number[]) =>
  ({ dtype: 'F32', shape: [values.length], data: Float32Array.from(values) }) as const;
const weights: WeightRecord = {
  'a.weight': floats(1, 2),
  'a.bias': floats(3),
  'b.weight': floats(4, 5, 6),
};

test(
  'a mutated index is refused by name, or gives the tensors that were written',
  async () => {
    await writeSharded(root, weights, 12);
    const index = join(root, 'model.safetensors.index.json');
    const inMemory = new Map(FILE_NAMES.map((name) => [name, readFileSync(join(root, name))]));
    const openShard = (path: string) => openSafetensors(inMemory.get(basename(path)) ?? path);
    const good = Buffer.from(
      JSON.stringify({
        metadata: { total_size: 24 },
        weight_map: {
          'a.bias': FILE_NAMES[0],
          'a.weight': FILE_NAMES[0],
          'b.weight': FILE_NAMES[1],
        },
      }),
    );
    const refused: Record<string, number> = {};
    let accepted = 0;
    for (let seed = 1; seed <= FILES; seed++) {
      writeFileSync(index, mutate(good, good.length, seed));
      const begin = process.cpuUsage();
      try {
        const source = await openSharded(index, openShard);
        const found = await source.readAll();
        await source.close();
        expect({ ...found }).toEqual(weights);
        accepted++;
      } catch (error) {
        const { name, code, message } = error as { name: string; code: string; message: string };
        if (name !== 'CheckpointError') throw new Error(`index ${seed}: ${message}`);
        refused[code] = (refused[code] ?? 0) + 1;
      }
      const { user, system } = process.cpuUsage(begin);
      if (user + system > 1000 * MAX_MS) throw new Error(`index ${seed} took too long`);
    }
    expect(Object.keys(refused)).toEqual(['bad-index']);
    expect(accepted).toBeGreaterThan(FILES / 100); // in the metadata
  },
  30 * 60_000,
);
