// Whether bytes are UTF-8, and the length of the text in UTF-16, in one pass.
//
// Sixteen bytes at a time; blocks of ASCII are passed over. Elsewhere three look-ups by half bytes, of a byte and the one
// before it, give the errors that this pair allows, and their intersection those that it is (Keiser and Lemire, Validating
// UTF-8 In Less Than One Instruction Per Byte, 2021, section 6).

const TOO_SHORT: i8 = 1; // a lead byte, then none that continues
const TOO_LONG: i8 = 2; // ASCII, then one that continues
const OVERLONG_3: i8 = 4;
const TOO_LARGE: i8 = 8; // above U+10FFFF
const SURROGATE: i8 = 16;
const OVERLONG_2: i8 = 32;
const TOO_LARGE_1000: i8 = 64;
const OVERLONG_4: i8 = 64;
const TWO_CONTINUE: i8 = -128; // no error where a third or fourth byte is due
const ANY: i8 = TOO_SHORT | TOO_LONG | TWO_CONTINUE;
const LARGE: i8 = ANY | TOO_LARGE | TOO_LARGE_1000;
/** Of bytes 10xxxxxx as the second of two. */
const CONTINUES: i8 = TOO_LONG | OVERLONG_2 | TWO_CONTINUE;

/** UTF-16 units of [from, to), one for each byte that begins a character and two for the longest; -1 if it is no UTF-8. */
export function utf16Units(from: usize, to: usize): i32 {
  let units: u32 = 0;
  let before = i8x16.splat(0);
  let wasAscii = true;
  let errors = i8x16.splat(0);
  let at = from;
  // the last round, of less than a block, meets zeros behind the end, which show what the text lacks
  for (; at <= to; at += 16) {
    const left = to - at;
    const bytes = left < 16 ? v128.and(v128.load(at), firstOnes(left)) : v128.load(at);
    const isAscii = i8x16.bitmask(bytes) === 0;
    if (!isAscii || !wasAscii) errors = v128.or(errors, errorsIn(before, bytes));
    units += isAscii ? 16 : unitsIn(bytes);
    before = bytes;
    wasAscii = isAscii;
  }
  if (v128.any_true(errors)) return -1;
  return (units - ((at - to) as u32)) as i32; // less the zeros
}

// @ts-expect-error: decorator
@inline
function unitsIn(bytes: v128): u32 {
  const begins = i8x16.bitmask(i8x16.ge_s(bytes, i8x16.splat(-64))) as u32;
  const longest = i8x16.bitmask(i8x16.ge_u(bytes, i8x16.splat(0xf0 as i8))) as u32;
  return (popcnt(begins) + popcnt(longest)) as u32;
}

/** So many ones, then zeros. */
// @ts-expect-error: decorator
@inline
function firstOnes(count: usize): v128 {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return i8x16.lt_s(places, i8x16.splat(count as i8));
}

/** Not zero where the bytes, after those `before`, are no UTF-8. */
function errorsIn(before: v128, bytes: v128): v128 {
  const previous = last(15, before, bytes);
  const low = i8x16.splat(0x0f);
  const pairs = v128.and(
    v128.and(
      i8x16.swizzle(
        i8x16(
          TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
          TWO_CONTINUE, TWO_CONTINUE, TWO_CONTINUE, TWO_CONTINUE,
          TOO_SHORT | OVERLONG_2,
          TOO_SHORT,
          TOO_SHORT | OVERLONG_3 | SURROGATE,
          TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
        ),
        i8x16.shr_u(previous, 4),
      ),
      i8x16.swizzle(
        i8x16(
          ANY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, ANY | OVERLONG_2, ANY, ANY,
          ANY | TOO_LARGE, LARGE, LARGE, LARGE,
          LARGE, LARGE, LARGE, LARGE,
          LARGE, LARGE | SURROGATE, LARGE, LARGE,
        ),
        v128.and(previous, low),
      ),
    ),
    i8x16.swizzle(
      i8x16(
        TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
        CONTINUES | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
        CONTINUES | OVERLONG_3 | TOO_LARGE,
        CONTINUES | SURROGATE | TOO_LARGE,
        CONTINUES | SURROGATE | TOO_LARGE,
        TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
      ),
      i8x16.shr_u(bytes, 4),
    ),
  );
  // the top bit where a third byte follows a lead 1110xxxx, or a fourth one 11110xxx
  const third = i8x16.sub_sat_u(last(14, before, bytes), i8x16.splat((0xe0 - 0x80) as i8));
  const fourth = i8x16.sub_sat_u(last(13, before, bytes), i8x16.splat((0xf0 - 0x80) as i8));
  const due = v128.and(v128.or(third, fourth), i8x16.splat(TWO_CONTINUE));
  return v128.xor(due, pairs);
}

/** The bytes each of which stands 16 - `from` before. */
// @ts-expect-error: decorator
@inline
function last(from: u8, before: v128, bytes: v128): v128 {
  if (from === 15)
    return i8x16.shuffle(before, bytes, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  if (from === 14)
    return i8x16.shuffle(before, bytes, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  return i8x16.shuffle(before, bytes, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
}
