import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { readSafetensors } from './safetensors-read.js';
import { openTorch } from './torch-open.js';

const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).pathname;

describe('openTorch', () => {
  test.each(['torch-zip.bin', 'torch-zip4.bin', 'torch-legacy.bin'])(
    'reads every type and every way a tensor lies in its storage: %s',
    async (file) => {
      const expected = await readSafetensors(fixture('torch-expected.safetensors'));
      const source = await openTorch(fixture(file));
      const found = await source.readAll();
      // types without a storage class are not in the legacy file
      const missing = Object.keys(expected).filter((name) => !(name in found));
      expect(missing.length).toBe(file === 'torch-legacy.bin' ? 5 : 0);
      for (const [name, tensor] of Object.entries(found)) {
        expect([name, tensor]).toEqual([name, expected[name]]);
        expect(await source.read(name)).toEqual(tensor);
        expect(source.tensors.get(name)).toMatchObject({
          dtype: tensor.dtype,
          shape: tensor.shape,
        });
      }
      await source.close();
    },
  );

  test.each(['torch-zip.bin', 'torch-legacy.bin'])(
    'keeps shared storages shared: %s',
    async (file) => {
      const source = await openTorch(await readFile(fixture(file)));
      const { tied, 'linear.weight': weight } = await source.readAll();
      expect(tied.data.buffer).toBe(weight.data.buffer);
      expect(tied.data.byteOffset).toBe(weight.data.byteOffset);
    },
  );

  test('says what is no PyTorch file', async () => {
    const text = new TextEncoder().encode('version https://git-lfs.github.com/spec/v1');
    await expect(openTorch(text)).rejects.toThrow('neither a zip nor a pickle');
    await expect(openTorch(new Uint8Array(0))).rejects.toMatchObject({ code: 'unknown-format' });
  });
});
