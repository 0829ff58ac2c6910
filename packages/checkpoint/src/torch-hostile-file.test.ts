// Case F3 of the reference: tensors and zip files from strangers. After the tests of PyTorch and of yauzl.

import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  bytes,
  le,
  legacyFile,
  type Member,
  op,
  pickle,
  storage,
  tensor,
  zipFile,
} from './test-support.js';
import { openTorch } from './torch-open.js';

const four = Float32Array.of(1, 2, 3, 4);
const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const stateOf = (value: Uint8Array): Uint8Array => pickle(op.dict(op.text('w'), value));

describe('hostile tensors', () => {
  test.each<[string, Uint8Array, Record<string, Float32Array>, string, string]>([
    [
      'reaching beyond the storage',
      tensor(storage('0', 4), 1, [4], [1]),
      { 0: four },
      'bad-storage',
      'reaches beyond',
    ],
    [
      'with a stride beyond it',
      tensor(storage('0', 4), 0, [2], [4]),
      { 0: four },
      'bad-storage',
      'reaches beyond',
    ],
    [
      'expanded from one value to 10^15',
      tensor(storage('0', 4), 0, [1e15], [0]),
      { 0: four },
      'bad-storage',
      'reaches beyond',
    ],
    [
      'whose sizes overflow',
      tensor(storage('0', 4), 0, Array(64).fill(2 ** 52), Array(64).fill(0)),
      { 0: four },
      'bad-storage',
      'reaches beyond',
    ],
    [
      'whose sizes overflow and vanish',
      tensor(storage('0', 4), 0, [...Array(63).fill(2 ** 52), 0], Array(64).fill(0)),
      { 0: four },
      'bad-storage',
      'reaches beyond',
    ],
    [
      'with a negative offset',
      tensor(storage('0', 4), -1, [1], [1]),
      { 0: four },
      'bad-storage',
      'offset -1',
    ],
    [
      'with a negative size',
      tensor(storage('0', 4), 0, [-1], [1]),
      { 0: four },
      'bad-storage',
      'shape [-1]',
    ],
    [
      'with a negative stride',
      tensor(storage('0', 4), 3, [4], [-1]),
      { 0: four },
      'bad-storage',
      'strides [-1]',
    ],
    [
      'with more sizes than strides',
      tensor(storage('0', 4), 0, [2, 2], [1]),
      { 0: four },
      'bad-storage',
      'impossible size',
    ],
    [
      'of an unknown type',
      tensor(storage('0', 4, 'QInt8Storage'), 0, [1], [1]),
      { 0: four },
      'forbidden-global',
      'QInt8Storage',
    ],
    ['without a storage', tensor(op.int(1), 0, [1], [1]), { 0: four }, 'bad-storage', 'no storage'],
    [
      'over a storage of negative size',
      tensor(storage('0', -4), 0, [1], [1]),
      { 0: four },
      'bad-storage',
      'unknown form',
    ],
    [
      'over a storage the file lacks',
      tensor(storage('1', 4), 0, [1], [1]),
      { 0: four },
      'bad-storage',
      '"0" is listed twice or not used',
    ],
    [
      'over a storage shorter than they say',
      tensor(storage('0', 5), 0, [1], [1]),
      { 0: four },
      'bad-storage',
      'has 4 values, its tensors expect 5',
    ],
    [
      'over a storage beyond the file',
      tensor(storage('0', 2 ** 31 - 1), 0, [1], [1]),
      { 0: four },
      'bad-storage',
      'has 4 values',
    ],
  ])('%s are refused', async (_, value, storages, code, message) => {
    const file = legacyFile(stateOf(value), storages);
    await expect(openTorch(file)).rejects.toMatchObject({ code });
    await expect(openTorch(file)).rejects.toThrow(message);
  });

  test('that are copies of one another by the thousand are refused', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => [op.text(`w${i}`), 'h', 1]).flat();
    const wide = tensor(storage('0', 40_000), 0, [200, 200], [1, 200]);
    const bomb = pickle('}(', op.text('first'), wide, 'q', 1, ...many, 'u');
    await expect(openTorch(legacyFile(bomb, { 0: new Float32Array(40_000) }))).rejects.toThrow(
      'would take 800160000 bytes',
    );
  });

  test('from a big-endian machine are refused', async () => {
    const state = stateOf(tensor(storage('0', 4), 0, [4], [1]));
    const big = op.dict(op.text('little_endian'), 0x89);
    await expect(openTorch(legacyFile(state, { 0: four }, big))).rejects.toThrow('big-endian');
  });
});

describe('a hostile zip', () => {
  const state = stateOf(tensor(storage('0', 4), 0, [4], [1]));
  const pkl: Member = { name: 'a/data.pkl', content: state };
  const data: Member = { name: 'a/data/0', content: new Uint8Array(four.buffer) };

  test('is one of many variations on this good file', async () => {
    const source = await openTorch(zipFile([pkl, data]));
    expect([...(await source.readAll()).w.data]).toEqual([1, 2, 3, 4]);
  });

  const local = zipFile([pkl]).length - 22 - 46 - pkl.name.length; // bytes of the first member
  const second = zipFile([pkl, data]).length - 22 - 46 - data.name.length; // its entry in the directory

  /** The good file with bytes changed: pairs of a place, negative ones from the end, and a value. */
  function changed(...pairs: number[]): Uint8Array {
    const file = Buffer.from(zipFile([pkl, data]));
    for (let i = 0; i < pairs.length; i += 2)
      file[(pairs[i] + file.length) % file.length] = pairs[i + 1];
    return file;
  }

  test.each<[string, Uint8Array, string]>([
    [
      'with a wrong checksum of its pickle',
      zipFile([{ ...pkl, crc: 1 }, data]),
      '"a/data.pkl" does not match its checksum',
    ],
    ['with a compressed member', zipFile([pkl, { ...data, method: 8 }]), 'is compressed'],
    [
      'of 48 kB that unpacks to 50 MB',
      zipFile([
        pkl,
        { ...data, content: deflateRawSync(new Uint8Array(50e6)), method: 8, size: 50e6 },
      ]),
      'is compressed',
    ],
    ['spread over several disks', changed(-18, 1), 'is spread over several files'],
    ['with two member counts', changed(-14, 1), 'gives two member counts'],
    ['with more members than its directory', changed(-14, 9, -12, 9), 'claims 9 members in'],
    ['whose directory lies elsewhere', changed(-6, 1), 'its directory is damaged'],
    ['with a longer directory', changed(-10, 255), 'reaches beyond the file'],
    [
      'whose member has a size of its own in the directory',
      changed(second + 20, 1),
      'is stored in another size than its own',
    ],
    ['with an extra field that is none', changed(second + 30, 5, second + 32, 0), 'damaged'],
    ['with a comment of a member beyond the end', changed(second + 32, 9), 'directory is damaged'],
    ['with a name that is not UTF-8', changed(second + 46, 255), 'is not UTF-8'],
    ['whose member has no header', changed(local, 0), 'the header of "a/data/0" is damaged'],
    ['whose header says compressed', changed(local + 8, 8), 'the header of "a/data/0" is damaged'],
    ['with a password', zipFile([pkl, { ...data, flags: 1 }]), 'is encrypted'],
    ['with strong encryption', zipFile([pkl, { ...data, flags: 0x41 }]), 'is encrypted'],
    ['with equal names', zipFile([pkl, data, data]), 'two members are named "a/data/0"'],
    [
      'with two pickles',
      zipFile([pkl, { ...pkl, name: 'b/data.pkl' }, data]),
      'holds 2 members named data.pkl',
    ],
    ['without a pickle', zipFile([data]), 'holds 0 members named data.pkl'],
    ['that climbs up', zipFile([pkl, { ...data, name: '../data/0' }]), '"../data/0", which leaves'],
    ['with an absolute name', zipFile([pkl, { ...data, name: '/a/data/0' }]), 'which leaves'],
    ['with a drive letter', zipFile([pkl, { ...data, name: 'C:/data/0' }]), 'which leaves'],
    ['with a backslash', zipFile([pkl, { ...data, name: 'a\\data\\0' }]), 'which leaves'],
    ['with a NUL in a name', zipFile([pkl, { ...data, name: 'a/data/0\0' }]), 'which leaves'],
    ['with a link', zipFile([pkl, { ...data, mode: 0o120777 }]), 'is a link'],
    [
      'with another name before the member',
      zipFile([pkl, { ...data, localName: 'a/data/1' }]),
      'gives another name',
    ],
    [
      'whose member is another one',
      zipFile([pkl, data, { ...data, name: 'a/data/1', offset: local }]),
      'gives another name',
    ],
    ['whose members overlap', zipFile([pkl, { ...data, offset: 0 }]), 'gives another name'],
    [
      'whose member reaches beyond the data',
      zipFile([pkl, { ...data, size: 1e9 }]),
      'reaches beyond',
    ],
    [
      'whose storage is shorter than its tensors',
      zipFile([pkl, { ...data, content: new Uint8Array(8) }]),
      'has 8 bytes, its tensors expect 16',
    ],
    ['without its storage', zipFile([pkl]), 'storage "0" is missing'],
    ['with bytes behind its end', zipFile([pkl, data], bytes('x')), 'its end is missing'],
    ['without its end', zipFile([pkl, data]).subarray(0, -10), 'its end is missing'],
    [
      'of big-endian numbers',
      zipFile([pkl, data, { name: 'a/byteorder', content: bytes('big') }]),
      'big-endian',
    ],
    [
      'whose pickle ends early',
      zipFile([{ ...pkl, content: state.subarray(0, -5) }, data]),
      'is cut short',
    ],
  ])('%s is refused', async (_, file, message) => {
    await expect(openTorch(file)).rejects.toThrow(message);
    await expect(openTorch(file)).rejects.toMatchObject({ name: 'CheckpointError' });
  });

  test('with a wrong checksum of a storage is refused when the storage is read', async () => {
    const source = await openTorch(zipFile([pkl, { ...data, crc: 1 }]));
    await expect(source.read('w')).rejects.toThrow('"a/data/0" does not match its checksum');
    await expect(source.readAll()).rejects.toMatchObject({ code: 'bad-zip' });
  });

  // PyTorch writes zip64 beyond 4 GiB; a small one by hand
  const zip64 = (offset: number): Uint8Array => {
    const good = zipFile([pkl, data]);
    const directoryAt = Buffer.from(good.subarray(-22)).readUInt32LE(16);
    const directory = good.subarray(directoryAt, -22);
    const end64 = bytes('PK', 6, 6, le(44, 8), le(45, 2), le(45, 2), le(0, 8));
    const counts = bytes(le(2, 8), le(2, 8), le(directory.length, 8), le(offset || directoryAt, 8));
    const locator = bytes('PK', 6, 7, le(0, 4), le(good.length - 22, 8), le(1, 4));
    const end = bytes('PK', 5, 6, le(0, 4), new Uint8Array(12).fill(255), le(0, 2));
    return bytes(good.subarray(0, -22), end64, counts, locator, end);
  };

  test('may be a zip64 file that is not hostile', async () => {
    const source = await openTorch(zip64(0));
    expect([...(await source.readAll()).w.data]).toEqual([1, 2, 3, 4]);
    await expect(openTorch(zip64(2 ** 52))).rejects.toThrow('directory reaches beyond the file');
  });

  test('that claims to be zip64 of 2^63 bytes is refused', async () => {
    const good = zipFile([pkl, data]);
    const end = Buffer.from(good.subarray(-22));
    end.writeUInt32LE(0xffffffff, 12);
    end.writeUInt32LE(0xffffffff, 16);
    const end64 = bytes(
      'PK',
      6,
      6,
      le(44, 8),
      le(0, 16 - 8),
      le(0, 8),
      le(2, 8),
      le(2, 8),
      le(100, 8),
      new Uint8Array(8).fill(0x7f),
    );
    const locator = bytes('PK', 6, 7, le(0, 4), le(good.length - 22, 8), le(1, 4));
    const file = bytes(good.subarray(0, -22), end64, locator, end);
    await expect(openTorch(file)).rejects.toMatchObject({ code: 'bad-zip' });
  });

  test('changed in any one byte gives an error or the same tensors', async () => {
    const good = fixture('torch-zip.bin');
    const expected = await openTorch(good).then((source) => source.readAll());
    for (let at = 0; at < good.length; at += 61) {
      const bad = Buffer.from(good);
      bad[at] ^= 1 << (at % 8);
      try {
        const found = await openTorch(bad).then((source) => source.readAll());
        expect(found).toEqual(expected);
      } catch (error) {
        expect(error).toMatchObject({ name: 'CheckpointError' });
      }
    }
  });
});
