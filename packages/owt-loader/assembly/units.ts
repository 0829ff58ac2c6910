// The length of a text in UTF-16.

/** UTF-16 units of [from, to): one for each byte that begins a character, two for the longest. */
export function utf16Units(from: usize, to: usize): u32 {
  let units: u32 = 0;
  let at = from;
  for (; at + 16 <= to; at += 16) units += popcnt(beginnings(at)) + popcnt(longest(at));
  const valid = ((1 as u32) << ((to - at) as u32)) - 1;
  return units + popcnt(beginnings(at) & valid) + popcnt(longest(at) & valid);
}

/** Which of sixteen bytes begin a character. */
// @ts-expect-error: decorator
@inline
function beginnings(at: usize): u32 {
  return i8x16.bitmask(i8x16.ge_s(v128.load(at), i8x16.splat(-64))) as u32;
}

/** Which begin one of four bytes. */
// @ts-expect-error: decorator
@inline
function longest(at: usize): u32 {
  return i8x16.bitmask(i8x16.ge_u(v128.load(at), i8x16.splat(0xf0 as i8))) as u32;
}
