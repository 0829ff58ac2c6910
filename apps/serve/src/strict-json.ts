// JSON from strangers: UTF-8 that is really UTF-8, bounded depth, no key twice, no key that reaches prototypes.
//
// JSON.parse alone replaces bad bytes silently, parses millions of brackets, keeps the last of equal keys, and makes
// `__proto__` an own property that later copies turn into a prototype.

/** Deeper than any request of ours. */
const MAX_DEPTH = 16;

/** Why a text is no JSON that is taken. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The text of UTF-8 bytes, a leading byte order mark removed. @throws JsonFault for bytes that are none */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new JsonFault('The body is not valid UTF-8');
  }
}

/** @throws JsonFault saying what is wrong */
export function parseStrictJson(text: string): unknown {
  checkDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonFault(`The body is not valid JSON: ${(error as SyntaxError).message}`);
  }
  checkKeys(text);
  return value;
}

function checkDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === BRACE || code === BRACKET) depth += 1;
    else if (code === BRACE + 2 || code === BRACKET + 2) depth -= 1;
    if (depth > MAX_DEPTH)
      throw new JsonFault(`The body is nested deeper than ${MAX_DEPTH} levels`);
  }
}

const QUOTE = 0x22;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const COLON = 0x3a;

/** Index of the closing quote of the string that opens at `from`, or the end of an unfinished one. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end !== -1) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Of a text that is valid JSON: a string before a colon is a key of the innermost object. */
function checkKeys(text: string): void {
  const objects: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BRACE) objects.push(new Set());
    else if (code === BRACE + 2) objects.pop();
    if (code !== QUOTE) continue;
    const end = endOfString(text, at);
    let next = end + 1;
    while (next < text.length && text.charCodeAt(next) <= 0x20) next += 1;
    if (text.charCodeAt(next) === COLON)
      addKey(objects.at(-1), JSON.parse(text.slice(at, end + 1)));
    at = end;
  }
}

function addKey(keys: Set<string> | undefined, key: string): void {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype')
    throw new JsonFault(`The body has a forbidden key: "${key}"`);
  if (keys?.has(key)) throw new JsonFault(`The body has the key ${JSON.stringify(key)} twice`);
  keys?.add(key);
}
