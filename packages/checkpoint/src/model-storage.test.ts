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

  test.each([
    ['float32', 'F32', 4, undefined],
    ['float16', 'F16', 2, 'float16'],
    ['bfloat16', 'BF16', 2, 'bfloat16'],
  ] as const)(
    'writes parameters as %s, and reads them again',
    async (dtype, stored, bytes, says) => {
      const path = join(folder, dtype);
      const tensors = {
        'toy.w': { dtype: 'float32', shape: [3], data: Float32Array.of(1.5, -2, 0) }, // exact in all
        'head.w': { dtype: 'float32', shape: [2], data: Float32Array.of(1, 65_504) },
      } as const;
      // as loaded from a folder of yet another type
      const stale = modelStorage<ToyConfig>({
        fromJson: (json) => ({ width: (json as ToyConfig).width }),
        toJson: ({ width }) => ({ width, dtype: 'float64', torch_dtype: 'float64' }),
      });
      await stale.save(path, { architecture: 'Toy', config: { width: 3 }, tensors, dtype });
      const { config, weights } = await readModelFolder(path);
      expect([config.dtype, config.torch_dtype]).toEqual([undefined, says]);
      expect([weights['toy.w'].dtype, weights['toy.w'].data.byteLength]).toEqual([
        stored,
        3 * bytes,
      ]);
      const again = await storage.load(path, expected, {});
      expect(again.tensors['toy.w']).toEqual(tensors['toy.w']);
      expect(again.tensors['head.w'].data[1]).toBe(dtype === 'bfloat16' ? 65_536 : 65_504);
    },
  );

  test('writes nothing that float16 would make infinite', async () => {
    const path = join(folder, 'large');
    const save = (...values: number[]) => {
      const data = Float32Array.from(values);
      const tensors = { 'toy.w': { dtype: 'float32', shape: [data.length], data } } as const;
      return storage.save(path, {
        ...{ architecture: 'Toy', config: { width: 1 }, tensors, dtype: 'float16' },
      });
    };
    await expect(save(1, -65_520)).rejects.toMatchObject({
      code: 'value-out-of-range',
      message: expect.stringContaining(
        'cannot save "toy.w" as float16: value 1 is -65520, expected at most 65504.',
      ),
    });
    await expect(readModelFolder(path)).rejects.toMatchObject({ code: 'missing-file' });
    await save(65_519, Number.POSITIVE_INFINITY); // infinite before, and so it stays
  });

  test('refuses a type that it cannot write', async () => {
    const saved = storage.save(join(folder, 'double'), {
      ...{ architecture: 'Toy', config: { width: 1 }, dtype: 'float64' as 'float32' },
      tensors: { 'toy.w': { dtype: 'float32', shape: [1], data: Float32Array.of(1) } },
    });
    await expect(saved).rejects.toThrow(
      'cannot save as `dtype` "float64": expected float32, float16, bfloat16.',
    );
  });
});
