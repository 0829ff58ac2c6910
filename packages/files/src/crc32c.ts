// CRC-32C (Castagnoli), and the masked form that TFRecord files store.
//
// RFC 3720 appendix B.4 has the test vectors. Eight tables let the loop take eight bytes at a time.

const POLYNOMIAL = 0x82f63b78; // reversed 0x1edc6f41
const MASK_DELTA = 0xa282ead8;

let tables: Uint32Array[] | undefined;

/** CRC-32C of `bytes`, as an unsigned 32-bit number. `previous` continues an earlier checksum. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = ~previous;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    crc ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    crc =
      t7[crc & 255] ^
      t6[(crc >>> 8) & 255] ^
      t5[(crc >>> 16) & 255] ^
      t4[crc >>> 24] ^
      t3[bytes[at + 4]] ^
      t2[bytes[at + 5]] ^
      t1[bytes[at + 6]] ^
      t0[bytes[at + 7]];
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The rotated and shifted checksum of TFRecord framing, so that data holding checksums stays checkable. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

function makeTables(): Uint32Array[] {
  const made = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    made[0][byte] = crc;
  }
  for (let table = 1; table < 8; table++) {
    for (let byte = 0; byte < 256; byte++) {
      const crc = made[table - 1][byte];
      made[table][byte] = made[0][crc & 255] ^ (crc >>> 8);
    }
  }
  return made;
}
