// Arguments that a caller without a type checker gets wrong: most would give ids of something else, not fail.

/** @throws TypeError unless a string */
export function requireText(
  value: unknown,
  name: string,
  advice = 'Pass one text a call',
): asserts value is string {
  if (typeof value !== 'string') reject(name, value, 'a string', advice);
}

/** @throws TypeError unless an array: of a string each character would be an entry */
export function requireList(list: unknown, name = 'texts'): asserts list is readonly unknown[] {
  if (!Array.isArray(list)) reject(name, list, 'an array', 'Put a single one into an array');
}

/** @throws TypeError unless an array of strings */
export function requireTexts(texts: unknown, name = 'texts'): asserts texts is readonly string[] {
  requireList(texts, name);
  for (const text of texts) {
    if (typeof text !== 'string') requireText(text, `one of ${name}`, 'Pass strings');
  }
}

/** @throws TypeError unless it can be gone through; a string can, but each character would be a text */
export function requireIterable(value: unknown, name: string, expected: string): void {
  const { [Symbol.iterator]: each, [Symbol.asyncIterator]: later } = Object(value) as {
    readonly [Symbol.iterator]?: unknown;
    readonly [Symbol.asyncIterator]?: unknown;
  }; // any object may have them
  if (typeof value === 'string' || (each === undefined && later === undefined))
    reject(name, value, expected, 'Put a single one into an array');
}

/** @throws TypeError unless bytes */
export function requireBytes(
  bytes: unknown,
  name = 'utf8',
  advice = 'Use encodeRagged for strings',
): asserts bytes is Uint8Array {
  if (!isBytes(bytes)) reject(name, bytes, 'a Uint8Array', advice);
}

export function isBytes(value: unknown): value is Uint8Array {
  // not by instanceof: the array may come from another realm
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** @throws TypeError unless an object with a length and numbers */
export function requireIds(ids: unknown): void {
  const list = Object(ids) as ArrayLike<unknown>; // a list unless its length is missing
  if (typeof ids !== 'object' || !Number.isInteger(list.length))
    reject('ids', ids, 'an array of numbers', 'Put a single id into an array');
  for (let i = 0; i < list.length; i++) {
    if (typeof list[i] !== 'number')
      reject('one of ids', list[i], 'a number', 'Pass ids as encode gives them');
  }
}

/** @throws TypeError always: what was found is of another type */
export function reject(name: string, found: unknown, expected: string, advice: string): never {
  throw new TypeError(
    `wordpiece: bad argument: ${name} is ${kindOf(found)}, expected ${expected}.\n${advice}.`,
  );
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
