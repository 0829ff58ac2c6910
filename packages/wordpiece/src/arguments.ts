// Arguments that a caller without a type checker gets wrong: most would give ids of something else, not fail.

/** @throws TypeError unless a string */
export function requireText(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') reject(name, value, 'a string', 'Pass one text a call');
}

/** @throws TypeError unless an array: of a string each character would be a text */
export function requireList(texts: unknown): void {
  if (!Array.isArray(texts)) reject('texts', texts, 'an array', 'Put a single text into one');
}

/** @throws TypeError unless an array of strings */
export function requireTexts(texts: readonly unknown[]): void {
  requireList(texts);
  for (const text of texts) requireText(text, 'one of texts');
}

/** @throws TypeError unless bytes */
export function requireBytes(utf8: unknown): void {
  // not by instanceof: the array may come from another realm
  if (Object.prototype.toString.call(utf8) !== '[object Uint8Array]')
    reject('utf8', utf8, 'a Uint8Array', 'Use encodeRagged for strings');
}

function reject(name: string, found: unknown, expected: string, advice: string): never {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'an array' : `a ${typeof found}`;
  throw new TypeError(
    `wordpiece: bad argument: ${name} is ${kind}, expected ${expected}.\n${advice}.`,
  );
}
