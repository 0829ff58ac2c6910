import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readSafetensors } from './safetensors-read.js';
import { openTfH5 } from './tf-h5.js';

const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const good = readFileSync(fixture('tf_model.h5'));

/** The good file with `bytes` written over it. */
function changed(at: number, bytes: Uint8Array | string): Uint8Array {
  const copy = Buffer.from(good);
  Buffer.from(bytes).copy(copy, at);
  return copy;
}

const at = (signature: string): number => good.indexOf(signature);

describe('openTfH5', () => {
  test('gives the tensors of the PyTorch model, by its names and in its layout', async () => {
    const expected = await readSafetensors(fixture('tf-expected.safetensors'));
    const source = await openTfH5(fixture('tf_model.h5'));
    const found = await source.readAll();
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, tensor] of Object.entries(found)) {
      expect([name, tensor]).toEqual([name, expected[name]]);
      expect(await source.read(name)).toEqual(tensor);
      expect(source.tensors.get(name)?.shape).toEqual(tensor.shape);
    }
    await source.close();
  });

  // Case F4 of the reference
  const root = Number(good.readBigUInt64LE(64)); // object header of the root group
  const tree = Number(good.readBigUInt64LE(80));
  const leaf = Number(good.readBigUInt64LE(tree + 32));
  const pointer = (value: number): Uint8Array =>
    new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
  test.each<[string, Uint8Array, string, RegExp]>([
    ['of another kind', Buffer.from('<!DOCTYPE html>'), 'unknown-format', /no HDF5 file/],
    ['that is empty', new Uint8Array(0), 'unknown-format', /no HDF5 file/],
    ['cut inside its superblock', good.subarray(0, 50), 'bad-hdf5', /ends inside its superblock/],
    [
      'cut in its middle',
      good.subarray(0, good.length / 2),
      'bad-hdf5',
      /ends at byte|points to byte|its place/,
    ],
    [
      'of a newer format',
      changed(8, Uint8Array.of(2)),
      'bad-hdf5',
      /superblock version 2, expected 0/,
    ],
    [
      'whose root points outside',
      changed(64, pointer(1e12)),
      'bad-hdf5',
      /points to byte 1000000000000/,
    ],
    [
      'whose tree is its own child',
      changed(leaf, good.subarray(tree, tree + 24)),
      'bad-hdf5',
      /members of a group are damaged/,
    ],
    [
      'whose member is its own parent',
      changed(leaf + 8 + 8, pointer(root)),
      'bad-hdf5',
      /reached twice: links in a circle/,
    ],
    ['with a link', changed(leaf + 8 + 16, Uint8Array.of(2)), 'bad-hdf5', /"albert" is a link/],
    ['with a damaged tree', changed(at('TREE'), 'TREF'), 'bad-hdf5', /tree of a group is damaged/],
    [
      'with a damaged heap',
      changed(at('HEAP'), 'HEAQ'),
      'bad-hdf5',
      /names of a group are damaged/,
    ],
    [
      'whose names claim a gigabyte',
      changed(at('HEAP') + 8, pointer(2 ** 30)),
      'bad-hdf5',
      /claim 1073741824 bytes/,
    ],
  ])('refuses a file %s', async (_, file, code, message) => {
    await expect(openTfH5(file)).rejects.toMatchObject({ code });
    await expect(openTfH5(file)).rejects.toThrow(message);
  });

  test.each([
    ['chunked.h5', /"layer\/x" is (compressed or filtered|stored in chunks)/],
    ['strings.h5', /"layer\/x" has elements of class/],
    ['big-endian.h5', /"layer\/x" is big-endian/],
  ])('refuses what weights do not need: %s', async (name, message) => {
    const files: Record<string, string> = JSON.parse(
      readFileSync(fixture('h5-small.json'), 'utf8'),
    );
    await expect(openTfH5(Buffer.from(files[name], 'base64'))).rejects.toThrow(message);
  });
});
