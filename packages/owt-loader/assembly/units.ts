// The length of a text in UTF-16.

/** UTF-16 units of [from, to): one for each byte that begins a character, two for the longest. */
export function utf16Units(from: usize, to: usize): u32 {
  let units: u32 = 0;
  for (let at = from; at < to; at += 16) {
    const bytes = v128.load(at);
    const left = to - at;
    const valid: u32 = left < 16 ? ((1 as u32) << (left as u32)) - 1 : 0xffff;
    const begins = i8x16.bitmask(i8x16.ge_s(bytes, i8x16.splat(-64))) as u32;
    const longest = i8x16.bitmask(i8x16.ge_u(bytes, i8x16.splat(0xf0 as i8))) as u32;
    units += popcnt(begins & valid) + popcnt(longest & valid);
  }
  return units;
}
