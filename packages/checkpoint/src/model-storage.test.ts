import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readModelFolder, writeModelFolder } from './model-folder.js';
import { modelStorage } from './model-storage.js';
import type { WeightRecord } from './weights.js';

interface ToyConfig {
  readonly width: number;
}

const storage = modelStorage<ToyConfig>({
  fromJson: (json) => ({ width: (json as { width: number }).width }),
  toJson: ({ width }, architecture) => ({ architectures: [architecture], width }),
  unused: [/pooler/],
});
const expected = {
  prefix: 'toy',
  tied: {},
  layout: ({ width }: ToyConfig) => ({ 'toy.w': { shape: [width] }, 'head.w': { shape: [2] } }),
  allowMismatch: false,
};
const floats = (...values: number[]) =>
  ({ dtype: 'F32', shape: [values.length], data: Float32Array.from(values) }) as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A folder with those weights and a width of 3. */
async function written(name: string, weights: WeightRecord): Promise<string> {
  const path = join(folder, name);
  await writeModelFolder(path, { config: { width: 3 }, weights });
  return path;
}

describe('modelStorage', () => {
  test('reads what the config implies, and says what is missing or too much', async () => {
    const half = { dtype: 'F16', shape: [3], data: Uint16Array.of(0x3c00, 0xc000, 0) } as const;
    const path = await written('body', { w: half, 'pooler.w': floats(1), extra: floats(1) });
    const loaded = await storage.load(path, expected, {});
    expect(loaded).toEqual({
      config: { width: 3 },
      tensors: { 'toy.w': { dtype: 'float32', shape: [3], data: Float32Array.of(1, -2, 0) } },
      missing: ['head.w'],
      unexpected: ['extra'],
    });
  });

  test('counts tensors of another shape as missing where that is allowed', async () => {
    const path = await written('labels', { 'toy.w': floats(1, 2, 3), 'head.w': floats(1, 2, 3) });
    await expect(storage.load(path, expected, {})).rejects.toMatchObject({
      code: 'shape-mismatch',
    });
    const { missing, tensors } = await storage.load(path, { ...expected, allowMismatch: true }, {});
    expect([missing, Object.keys(tensors)]).toEqual([['head.w'], ['toy.w']]);
  });

  test('refuses parameters that are no floats', async () => {
    const whole = { dtype: 'I32', shape: [3], data: Int32Array.of(1, 2, 3) } as const;
    const path = await written('integers', { 'toy.w': whole });
    await expect(storage.load(path, expected, {})).rejects.toThrow(
      /cannot load "toy\.w" from .*: it is I32, expected floats\.\nThe file holds no weights/,
    );
  });

  test('writes config, weights and further files', async () => {
    const path = join(folder, 'saved');
    const tensors = {
      'toy.w': { dtype: 'float32', shape: [1], data: Float32Array.of(4) },
    } as const;
    const files = { 'vocab.txt': 'a\n' };
    await storage.save(path, { architecture: 'Toy', config: { width: 1 }, tensors, files });
    const { config, weights } = await readModelFolder(path);
    expect(config).toEqual({ architectures: ['Toy'], width: 1 });
    expect(weights['toy.w']).toEqual(floats(4));
  });
});
