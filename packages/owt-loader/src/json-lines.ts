// JSON lines: {"text": ...} as in OpenWebText2, the Pile and Megatron's loose JSON, a bare JSON string, or a list
// of paragraphs as text (joined by a blank line), the three forms that lm_dataformat writes and reads.

import { isUtf8 } from 'node:buffer';
import type { Chunk } from './chunk.js';
import type { RawDocument } from './document.js';
import { JsonTexts } from './json-text.js';
import { ShardError } from './shard-error.js';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** The longest line that is read: a bound on memory, far above any document. */
export const MAX_LINE_BYTES: number = 1 << 28;

/** Cuts a stream of bytes into chunks of whole lines of about a megabyte: views, each valid until the next is asked for. */
export async function* lineChunks(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): AsyncGenerator<Extract<Chunk, { kind: 'json-lines' }>> {
  let gathered: Buffer = Buffer.allocUnsafeSlow(2 * CHUNK_BYTES);
  let used = 0;
  let end = 0; // of the last whole line
  let first = 1;
  for await (const piece of stream) {
    gathered = withRoom(gathered, used, piece.length);
    gathered.set(piece, used);
    const newline = piece.lastIndexOf(NEWLINE);
    if (newline >= 0) end = used + newline + 1;
    used += piece.length;
    if (end === 0 && used > MAX_LINE_BYTES)
      throw new ShardError(
        `${name}: line ${first} is longer than ${MAX_LINE_BYTES} bytes.\n` +
          'Expected one JSON document a line.',
        { code: 'refused', file: name },
      );
    if (end === 0 || used < CHUNK_BYTES) continue;
    const bytes = gathered.subarray(0, end);
    yield { kind: 'json-lines', name, first, bytes };
    first += countLines(bytes);
    gathered.copyWithin(0, end, used);
    used -= end;
    end = 0;
  }
  if (used > 0) yield { kind: 'json-lines', name, first, bytes: gathered.subarray(0, used) };
}

/**
 * The documents of complete lines, each valid until the next is asked for; blank lines are passed over.
 *
 * @throws ShardError `format` naming file and line
 */
export function* parseJsonLines(
  bytes: Uint8Array,
  name: string,
  first: number,
  textKey: string,
): Generator<RawDocument> {
  const texts = isUtf8(bytes) ? (idle.pop() ?? new JsonTexts()) : undefined;
  const lines =
    texts?.take(bytes, textKey) ?? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    let line = first;
    for (let start = 0; start < lines.length; line++) {
      const found = lines.indexOf(NEWLINE, start);
      const end = found < 0 ? lines.length : found;
      const id = `${name}:${line}`;
      const utf8 = texts?.read(start, end);
      if (utf8) yield { id, text: utf8 };
      else {
        const json = lines.toString('utf8', start, end);
        if (json.trim() !== '') yield { id, text: textOf(json, name, line, textKey) };
      }
      start = end + 1;
    }
  } finally {
    if (texts) idle.push(texts);
  }
}

/** Readers that nobody uses: each has a memory that is worth keeping. */
const idle: JsonTexts[] = [];

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

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/** The buffer, or a larger one that begins with its `used` bytes. */
function withRoom(buffer: Buffer, used: number, more: number): Buffer {
  if (used + more <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafeSlow(2 * (used + more));
  buffer.copy(larger, 0, 0, used);
  return larger;
}
