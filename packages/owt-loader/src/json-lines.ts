// JSON lines: {"text": ...} as in OpenWebText2, the Pile and Megatron's loose JSON, a bare JSON string, or a list
// of paragraphs as text (joined by a blank line), the three forms that lm_dataformat writes and reads.

import type { Chunk } from './chunk.js';
import type { Document } from './document.js';
import { ShardError } from './shard-error.js';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** The longest line that is read: a bound on memory, far above any document. */
export const MAX_LINE_BYTES: number = 1 << 28;

/** Cuts a stream of bytes into chunks of whole lines of about a megabyte. */
export async function* lineChunks(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): AsyncGenerator<Extract<Chunk, { kind: 'json-lines' }>> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let first = 1;
  let lines = 0;
  const take = (bytes: Uint8Array): Extract<Chunk, { kind: 'json-lines' }> => {
    const chunk = { kind: 'json-lines' as const, name, first, bytes };
    first += lines;
    return chunk;
  };
  let hasEnd = false; // whether the pieces hold the end of a line
  for await (const piece of stream) {
    pieces.push(piece);
    size += piece.length;
    hasEnd ||= piece.includes(NEWLINE);
    if (!hasEnd && size > MAX_LINE_BYTES)
      throw new ShardError(
        `${name}: line ${first} is longer than ${MAX_LINE_BYTES} bytes.\n` +
          'Expected one JSON document a line.',
        { code: 'refused', file: name },
      );
    if (!hasEnd || size < CHUNK_BYTES) continue;
    const bytes = concatenate(pieces, size);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    const whole = bytes.subarray(0, end);
    lines = countLines(whole);
    yield take(whole);
    pieces = [bytes.subarray(end)];
    size -= end;
    hasEnd = false;
  }
  if (size > 0) {
    lines = 1;
    yield take(concatenate(pieces, size));
  }
}

/**
 * The documents of complete lines; blank lines are passed over.
 *
 * @throws ShardError `format` naming file and line
 */
export function* parseJsonLines(
  bytes: Uint8Array,
  name: string,
  first: number,
  textKey: string,
): Generator<Document> {
  let line = first;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    const json = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    start = end + 1;
    if (json.trim() === '') continue;
    yield { id: `${name}:${line}`, text: textOf(json, name, line, textKey) };
  }
}

function textOf(json: string, name: string, line: number, textKey: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json.charCodeAt(0) === 0xfeff ? json.slice(1) : json);
  } catch (error) {
    throw notText(name, line, 'a line that is not JSON', textKey, error);
  }
  const text =
    value && typeof value === 'object' ? (value as Record<string, unknown>)[textKey] : value;
  if (typeof text === 'string') return text;
  if (Array.isArray(text) && text.every((part) => typeof part === 'string'))
    return text.join('\n\n');
  throw notText(name, line, `"${textKey}" is ${text === null ? 'null' : typeof text}`, textKey);
}

function notText(
  name: string,
  line: number,
  found: string,
  textKey: string,
  cause?: unknown,
): ShardError {
  return new ShardError(
    `${name}, line ${line}: ${found}, expected a JSON object with a text in "${textKey}", or a JSON string.\n` +
      'Name the field that holds the text with the option textKey.',
    { code: 'format', file: name },
    cause,
  );
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

function concatenate(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only) return only;
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
