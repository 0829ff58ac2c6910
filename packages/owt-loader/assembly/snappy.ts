// Snappy's raw format (format_description.txt of google/snappy): a length, then literals and copies of what came before.
//
// There is a tag for some five bytes of text, and of which kind it is cannot be foretold: a branch upon it would cost more
// than what it decides. So far from the ends, usual tags are all alike: bytes from a place that is selected.

/** So much output comes before the first tag that is looked up; a literal passes for a copy from so far back. */
const BEFORE: usize = 128;

/**
 * Of each tag: in seven bits how many bytes it gives; in the next four a part of the offset; in the upper half a mask for
 * the rest of it, in the two bytes behind the tag. For a tag with more bytes behind it 0, which is no copy's offset.
 */
const tags: usize = memory.data(1024);
const COUNT: usize = 0x7f;
const OFFSET: usize = 0x780;
for (let tag: u32 = 0; tag < 256; tag++) store<u32>(tags + (tag << 2), aboutTag(tag));

function aboutTag(tag: u32): u32 {
  const less = tag >> 2;
  switch (tag & 3) {
    case 0:
      return less < 60 ? (less + 1) | (BEFORE as u32) : 0;
    case 1:
      return ((less & 7) + 4) | ((tag >> 5) << 8) | 0x00ff0000;
    case 2:
      return (less + 1) | 0xffff0000;
    default:
      return 0;
  }
}

/**
 * Uncompresses [from, to) to `output`. Sixteen bytes behind `to` can be read, and sixteen behind the output written.
 *
 * @returns whether it is, without fault, `length` bytes
 */
export function uncompressSnappy(from: usize, to: usize, output: usize, length: u32): bool {
  const end = output + (length as usize);
  let at = from;
  let says: u64 = 0;
  for (let shift: u64 = 0; ; shift += 7) {
    if (at >= to || shift > 28) return false;
    const byte = load<u8>(at++);
    says |= ((byte & 127) as u64) << shift;
    if (byte < 128) break;
  }
  if (says !== (length as u64)) return false;
  let out = output;
  while (at < to) {
    if (out - output >= BEFORE) {
      // such a tag and what it needs are at most 61 bytes, what it writes is 64
      for (let left = min(to - at, end - out) >> 6; left > 0; left--) {
        const tag = load<u8>(at) as usize;
        const about = load<u32>(tags + (tag << 2)) as usize;
        const offset = (about & OFFSET) + ((load<u16>(at, 1) as usize) & (about >> 16));
        // not looked up, nearer than one store is long, or from before the start
        if (offset - 16 > out - output - 16) break;
        const kind = tag & 3;
        const source = select<usize>(out - offset, at + 1, kind !== 0);
        const count = about & COUNT;
        v128.store(out, v128.load(source));
        if (count > 16) {
          v128.store(out, v128.load(source, 16), 16);
          v128.store(out, v128.load(source, 32), 32);
          v128.store(out, v128.load(source, 48), 48);
        }
        out += count;
        at += select<usize>(kind + 1, (tag >> 2) + 2, kind !== 0);
      }
    }
    const tag = load<u8>(at++) as usize;
    let count = (tag >> 2) + 1;
    if ((tag & 3) === 0) {
      if (count > 60) {
        const bytes = count - 60;
        count = ((load<u32>(at) & (0xffffffff >>> ((4 - bytes) << 3))) as usize) + 1;
        at += bytes;
      }
      if (at > to || count === 0 || count > to - at || count > end - out) return false;
      if (count <= 16) v128.store(out, v128.load(at));
      else memory.copy(out, at, count);
      at += count;
    } else {
      const isNear = (tag & 3) === 1;
      const bytes = select<usize>(1, select<usize>(2, 4, (tag & 3) === 2), isNear);
      count = select<usize>(((tag >> 2) & 7) + 4, count, isNear);
      const low = (load<u32>(at) as usize) & ((0xffffffff as usize) >>> ((4 - bytes) << 3));
      const offset = low | select<usize>((tag >> 5) << 8, 0, isNear);
      at += bytes;
      if (at > to || offset === 0 || offset > out - output || count > end - out) return false;
      repeat(out, offset, count);
    }
    out += count;
  }
  return out === end;
}

/** Writes `count` bytes, at most 64, that stand `offset` before, and perhaps some more behind them. */
// @ts-expect-error: decorator
@inline
function repeat(out: usize, offset: usize, count: usize): void {
  const from = out - offset;
  if (offset >= 16) {
    v128.store(out, v128.load(from));
    for (let i: usize = 16; i < count; i += 16) v128.store(out + i, v128.load(from + i));
  } else if (offset >= 8)
    for (let i: usize = 0; i < count; i += 8) store<u64>(out + i, load<u64>(from + i));
  else for (let i: usize = 0; i < count; i++) store<u8>(out + i, load<u8>(from + i));
}
