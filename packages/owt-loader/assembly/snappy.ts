// Snappy's raw format (format_description.txt of google/snappy): a length, then literals and copies of what came before.

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
      // without branches: which kind comes next cannot be foretold
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
