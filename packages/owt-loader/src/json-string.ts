// The characters of a JSON string.

export const QUOTE = 34;
export const BACKSLASH = 92;

const UNIT = 117; // as in \u0041

/** What may follow a backslash and stands for one character. */
const SIMPLE = new Uint8Array(256);
for (const letter of '"\\/bfnrt') SIMPLE[letter.charCodeAt(0)] = 1;

/** Whether the backslash at `at` begins an escape. */
export function isEscape(bytes: Uint8Array, at: number, to: number): boolean {
  if (at + 1 >= to) return false;
  const kind = bytes[at + 1] ?? 0;
  if (kind !== UNIT) return SIMPLE[kind] === 1;
  if (at + 6 > to) return false;
  for (let i = at + 2; i < at + 6; i++) if (!isHexadecimal(bytes[i] ?? 0)) return false;
  return true;
}

function isHexadecimal(byte: number): boolean {
  const letter = byte | 32;
  return (byte >= 48 && byte <= 57) || (letter >= 97 && letter <= 102);
}
