// White space that String.prototype.trim takes away, at the ends of lines.

const SPACE: u8 = 32;

/** Writes spaces over white space at both ends of [from, to), so that none but these are left there. */
export function blankEnds(from: usize, to: usize): void {
  let start = from;
  while (start < to) {
    const size = blankSize(start);
    if (size === 0) break;
    start += size;
  }
  if (start > from) memory.fill(from, SPACE, start - from);
  let end = to;
  while (end > start) {
    let lead = end - 1;
    while (lead > start && (load<u8>(lead) & 0xc0) === 0x80) lead--;
    if (blankSize(lead) === 0) break;
    end = lead;
  }
  if (end < to) memory.fill(end, SPACE, to - end);
}

/** Bytes of the white-space character that begins here; 0 if it is another. */
// @ts-expect-error: decorator
@inline
function blankSize(at: usize): usize {
  const lead = load<u8>(at) as u32;
  if (lead < 0x80) return lead === 32 || lead - 9 <= 4 ? 1 : 0;
  return wideBlankSize(at, lead);
}

function wideBlankSize(at: usize, lead: u32): usize {
  const second = (load<u8>(at, 1) as u32) & 63;
  if (lead < 0xe0) return (((lead & 31) << 6) | second) === 0xa0 ? 2 : 0;
  if (lead >= 0xf0) return 0;
  const code = ((lead & 15) << 12) | (second << 6) | ((load<u8>(at, 2) as u32) & 63);
  if (code - 0x2000 <= 10 || code === 0x2028 || code === 0x2029 || code === 0x202f) return 3;
  return code === 0x1680 || code === 0x205f || code === 0x3000 || code === 0xfeff ? 3 : 0;
}
