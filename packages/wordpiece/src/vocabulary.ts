// Tokens by id and ids by token, from the lines of a vocab.txt.
//
// The line number is the id, so no line is skipped. As in Hugging Face's Rust reader: white space at
// the end of a line is dropped (so CRLF files work), of equal lines the last one has the token.
// A byte order mark at the start of the file is dropped.

import { isBytes, reject, requireTexts } from './arguments.js';
import { codePoints, inRanges } from './code-points.js';

export interface Vocabulary {
  /** Token by id; `undefined` where no token has the id. */
  readonly tokens: readonly (string | undefined)[];
  /** Id by token. */
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * @param source the lines of a vocab.txt, or the whole file as text or bytes
 * @throws TypeError for another source
 * @throws RangeError if there are more lines than ids
 */
export function parseVocabulary(source: readonly string[] | string | Uint8Array): Vocabulary {
  const lines = linesOf(source);
  if (lines.length > MAX_ID + 1)
    throw new RangeError(
      `wordpiece: bad vocabulary: ${lines.length} lines, expected at most ${MAX_ID + 1}.\n` +
        `Check that this is a vocabulary and not a text.`,
    );
  const tokens = lines.map(trimEnd);
  const ids = new Map<string, number>();
  for (let id = 0; id < tokens.length; id++) ids.set(tokens[id], id);
  return { tokens, ids };
}

/** @param entries token and id, in any order; ids may have gaps */
export function vocabularyFromEntries(entries: Iterable<readonly [string, number]>): Vocabulary {
  const tokens: (string | undefined)[] = [];
  const ids = new Map<string, number>();
  for (const [token, id] of entries) {
    if (!Number.isInteger(id) || id < 0 || id > MAX_ID)
      throw new RangeError(
        `wordpiece: bad vocabulary: id ${id} of "${token}", expected an integer from 0 to ${MAX_ID}.\n` +
          `Check the file the vocabulary came from.`,
      );
    if (tokens[id] !== undefined)
      throw new RangeError(
        `wordpiece: bad vocabulary: id ${id} belongs to "${tokens[id]}" and "${token}", expected one token an id.\n` +
          `Check the file the vocabulary came from.`,
      );
    tokens[id] = token;
    ids.set(token, id);
  }
  return { tokens: Array.from(tokens), ids };
}

/** Bytes of each token's text by id, the prefix left out; undefined if a piece with it may start a word. */
export function pieceLengths({ tokens }: Vocabulary, prefix: string): Uint16Array | undefined {
  if (prefix !== '##' && prefix !== '') return undefined;
  const lengths = new Uint16Array(tokens.length);
  for (let id = 0; id < tokens.length; id++) {
    const token = tokens[id] ?? '';
    const skip = token.startsWith(prefix) && token.length > prefix.length ? prefix.length : 0;
    lengths[id] = Math.min(utf8Length(token, skip), 0xffff);
  }
  return lengths;
}

/** Bytes of well-formed text from UTF-16 unit `start` on. */
export function utf8Length(text: string, start = 0): number {
  let bytes = 0;
  for (let i = start; i < text.length; i++) {
    const c = text.charCodeAt(i);
    // each half of a surrogate pair is two of four bytes
    bytes += c < 0x80 ? 1 : c < 0x800 || (c & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}

/** Ids have 20 bits in the engines' tables, one value is spare. */
export const MAX_ID = 0xffffe;

function linesOf(source: unknown): readonly string[] {
  if (typeof source === 'string') return split(source);
  if (isBytes(source)) return split(decode(source));
  if (!Array.isArray(source))
    reject('source', source, 'lines, a string or a Uint8Array', 'Pass what a vocab.txt holds');
  requireTexts(source, 'the lines');
  return source;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TypeError(
      `wordpiece: cannot read the vocabulary: its bytes are not UTF-8.\n` +
        `Save the file as UTF-8, one token a line.`,
      { cause },
    );
  }
}

function split(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && isWhiteSpace(line.charCodeAt(end - 1))) end--;
  return end === line.length ? line : line.slice(0, end);
}

function isWhiteSpace(code: number): boolean {
  if (code > 0x20 && code < 0x7f) return false;
  return inRanges(codePoints().whiteSpace, code);
}
