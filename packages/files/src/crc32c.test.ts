import { describe, expect, test } from '@jest/globals';
import { crc32c, maskedCrc32c } from './crc32c.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('crc32c', () => {
  // RFC 3720, appendix B.4, and the catalogue's check value
  test.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(255), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['123456789', text('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('of %s is the published value', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test('continues from part to part', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) & 255);
    for (const cut of [0, 1, 7, 8, 50, 99, 100]) {
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
    }
  });

  test('masks as TFRecord does', () => {
    // rotate right by 15, add 0xa282ead8: 0xe3069283 -> 0x2507c60d + 0xa282ead8
    expect(maskedCrc32c(text('123456789'))).toBe(0xc78ab0e5);
  });
});
