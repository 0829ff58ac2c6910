// What Python's str.strip takes away at the ends of a piece of UTF-8, found without making a string of it.

/** Where the text in [from, to) begins, after white space. */
export function startOfText(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const size = whiteSize(bytes, at);
    if (size === 0) return at;
    at += size;
  }
  return to;
}

/** Where the text in [from, to) ends, before white space. */
export function endOfText(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from) {
    let lead = end - 1;
    while (lead > from && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead--;
    if (whiteSize(bytes, lead) === 0) return end;
    end = lead;
  }
  return from;
}

/** Bytes of the white-space character that begins here; 0 if it is another. */
function whiteSize(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead > 32 && lead < 0x80) return 0;
  if (lead <= 32) return isWhite(lead) ? 1 : 0;
  const second = (bytes[at + 1] ?? 0) & 63;
  if (lead < 0xe0) return isWhite(((lead & 31) << 6) | second) ? 2 : 0;
  if (lead >= 0xf0) return 0;
  return isWhite(((lead & 15) << 12) | (second << 6) | ((bytes[at + 2] ?? 0) & 63)) ? 3 : 0;
}

/** Asked of code points below 0x10000 other than printing ASCII. */
function isWhite(code: number): boolean {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13) || code >= 28;
  return code === 0x85 || isWideBlank(code);
}

/** Unicode's white space from U+00A0 on. */
function isWideBlank(code: number): boolean {
  if (code < 0x2000) return code === 0xa0 || code === 0x1680;
  if (code <= 0x200a) return true;
  return (
    code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000
  );
}
