import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { FIXTURES } from './test-support.js';
import { Xxh64 } from './xxh64.js';
import { zstdBytes } from './zstd.js';

jest.setTimeout(240_000); // a busy machine

const read = (name: string): Buffer => readFileSync(join(FIXTURES, 'formats', name));

async function decompress(bytes: Uint8Array, piece = bytes.length || 1): Promise<string> {
  const pieces: Uint8Array[] = [];
  const input = (function* () {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  })();
  for await (const part of zstdBytes(input, 'a.zst')) pieces.push(part);
  return Buffer.concat(pieces).toString();
}

describe('zstdBytes', () => {
  const expected = read('lines.jsonl').toString();

  test.each([1, 3, 1000, 100_000])(
    'reads a skippable frame and two more, %i bytes at a time',
    async (piece) => {
      expect(await decompress(read('frames.jsonl.zst'), piece)).toBe(expected);
    },
  );

  test('reads a frame without checksum', async () => {
    expect(await decompress(read('plain.jsonl.zst'))).toBe(expected);
  });

  test('notices a cut at every byte but frame ends', async () => {
    const whole = read('frames.jsonl.zst');
    const ends: number[] = [];
    for (let length = 0; length < whole.length; length += length < 64 ? 1 : 37)
      await decompress(whole.subarray(0, length)).then(
        () => ends.push(length),
        (error: unknown) => expect(error).toMatchObject({ code: 'damaged' }),
      );
    // The skippable frame is 13 bytes; only a cut between two frames cannot be seen from the bytes.
    const second = whole.indexOf(whole.subarray(13, 17), 14);
    expect(ends.every((length) => length === 13 || length === second)).toBe(true);
  });

  test('notices changed bytes of a frame with a checksum', async () => {
    const whole = read('frames.jsonl.zst');
    // The frame header's reserved and window bits aside, any change shows.
    for (let at = 20; at < whole.length; at += 29) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      await expect(decompress(changed)).rejects.toThrow(/owt-loader: a.zst/);
    }
  });

  test('notices garbage after the last frame', async () => {
    const trailing = Buffer.concat([read('plain.jsonl.zst'), Buffer.from('garbage')]);
    await expect(decompress(trailing)).rejects.toThrow(/bytes that are not zstd/);
  });

  test('refuses a window over 128 MiB', async () => {
    const header = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 1, 0, 0]);
    await expect(decompress(header)).rejects.toThrow(/needs a window of 268435456 bytes/);
  });
});

// Values of the reference implementation (xxHash 0.8): tools/reference/owt_xxh64.py.
test.each([
  ['', 'ef46db3751d8e999'],
  ['a', 'd24ec4f1a98c6e5b'],
  ['abc', '44bc2cf5ad770999'],
  ['xxhash is fast', 'ccfb1007f6a17a56'],
  ['x'.repeat(31), '60dd0d01083b99f0'],
  ['x'.repeat(32), 'e2df261fc2ec30eb'],
  [`${'abcdefgh'.repeat(101)}12345`, 'ce3b0158a1874e63'],
])('XXH64 of %j', (text, expected) => {
  for (const piece of [1, 5, 32, 33, 1000]) {
    const hash = new Xxh64();
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += piece) hash.update(bytes.subarray(at, at + piece));
    const { high, low } = hash.digest();
    expect(high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')).toBe(expected);
  }
});

// by the same script, around the block that gathers before it is hashed
test.each([
  [65_535, '21741e562494765c'],
  [65_536, '61c2042c16faaf4e'],
  [65_537, '356e4bdbe8e50665'],
  [131_073, 'e1aad33926da297f'],
])('XXH64 of %i bytes', (length, expected) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) % 251);
  for (const piece of [1000, 65_535, 65_536, 200_000]) {
    const hash = new Xxh64();
    for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, at + piece));
    const { high, low } = hash.digest();
    expect(high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')).toBe(expected);
  }
});
