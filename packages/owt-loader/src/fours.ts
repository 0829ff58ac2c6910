// Bytes four at a time: in loops over text most of them need no look of their own.

const NONE = new Int32Array(0);

/** The bytes in fours, the last ones left out; none where their memory does not begin at a multiple of four. */
export function foursOf({ buffer, byteOffset, length }: Uint8Array): Int32Array {
  return byteOffset % 4 === 0 ? new Int32Array(buffer, byteOffset, length >> 2) : NONE;
}

/** UTF-16 units of the UTF-8 in [from, to): one for each byte that begins a character, two for the longest. */
export function unitsOf(bytes: Uint8Array, from: number, to: number): number {
  const fours = foursOf(bytes);
  const end = Math.min(to, 4 * fours.length) - 3;
  let units = 0;
  for (let i = from; i < to; ) {
    if ((i & 3) === 0 && i < end && ((fours[i >> 2] ?? 0) & 0x80808080) === 0) {
      units += 4; // ASCII
      i += 4;
      continue;
    }
    const byte = bytes[i++] ?? 0;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}
