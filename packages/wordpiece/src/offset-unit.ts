// Places in a JavaScript string, counted in code points or UTF-8 bytes instead of UTF-16 units.

import type { OffsetUnit } from './encode-options.js';

/** For each UTF-16 position of `text`, its end included, the position in `unit`. */
export function positions(text: string, unit: Exclude<OffsetUnit, 'utf16'>): Int32Array {
  const result = new Int32Array(text.length + 1);
  let position = 0;
  for (let i = 0; i < text.length; i++) {
    result[i] = position;
    const c = text.charCodeAt(i);
    const isPair =
      (c & 0xfc00) === 0xd800 &&
      i + 1 < text.length &&
      (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (isPair) result[++i] = position;
    if (unit === 'codepoint') position += 1;
    else position += isPair ? 4 : c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
  }
  result[text.length] = position;
  return result;
}
