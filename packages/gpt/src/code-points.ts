// What each code point is to GPT's tokenizer, unpacked from the generated table: BERT's normalizer (clean, set Chinese
// characters apart, strip accents, lower case) and its split at spaces and punctuation, in one.
//
// The categories are those frozen in Hugging Face's Rust code, not those of the JavaScript engine. Not done: putting
// several combining marks that are no accents into canonical order; no vocabulary of GPT has such marks.

import { ALONE, MANY, NOTHING, ONE, SPACES } from './code-point-data.js';

export const IN_WORD = 0;
export const LEFT_OUT = 1;
export const SPACE = 2;
export const BY_ITSELF = 3;

export interface CodePoints {
  /** One of the four kinds for every code point. */
  readonly kinds: Uint8Array;
  /** How a code point is written, where that is not itself. Hangul syllables excepted: `hangulJamo`. */
  readonly folded: ReadonlyMap<number, string>;
}

let unpacked: CodePoints | undefined;

/** The table, unpacked at the first call and kept. */
export function codePoints(): CodePoints {
  unpacked ??= unpack();
  return unpacked;
}

/** The jamo of a Hangul syllable, U+AC00 to U+D7A3. */
export function hangulJamo(syllable: number): string {
  const index = syllable - 0xac00;
  const jamo = [0x1100 + Math.floor(index / 588), 0x1161 + Math.floor((index % 588) / 28)];
  if (index % 28) jamo.push(0x11a7 + (index % 28));
  return String.fromCodePoint(...jamo);
}

function unpack(): CodePoints {
  const kinds = new Uint8Array(0x110000);
  for (const [text, kind] of [
    [NOTHING, LEFT_OUT],
    [SPACES, SPACE],
    [ALONE, BY_ITSELF],
  ] as const)
    markRanges(kinds, text, kind);
  kinds.fill(LEFT_OUT, 0xd800, 0xe000); // lone surrogates, which other languages read as U+FFFD
  const folded = new Map<number, string>();
  readRuns(folded);
  readSequences(folded);
  return { kinds, folded };
}

function markRanges(kinds: Uint8Array, text: string, kind: number): void {
  const numbers = readNumbers(text);
  let end = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const start = end + numbers[i];
    end = start + numbers[i + 1] + 1;
    kinds.fill(kind, start, end);
  }
}

/** Runs of code points that fold to one each; see tools/reference/gpt_code_points.py. */
function readRuns(folded: Map<number, string>): void {
  const numbers = readNumbers(ONE);
  let last = 0;
  for (let i = 0; i < numbers.length; i += 4) {
    const start = last + numbers[i];
    const step = 1 + (numbers[i + 2] >> 1);
    const isSameTarget = (numbers[i + 2] & 1) === 1;
    const distance = signed(numbers[i + 3]);
    for (let k = 0; k <= numbers[i + 1]; k++) {
      last = start + step * k;
      folded.set(last, String.fromCodePoint((isSameTarget ? start : last) + distance));
    }
  }
}

function readSequences(folded: Map<number, string>): void {
  const numbers = readNumbers(MANY);
  let source = 0;
  for (let i = 0; i < numbers.length; ) {
    const count = numbers[i];
    source += numbers[i + 1];
    i += 2;
    const targets = numbers.slice(i, i + count).map((distance) => source + signed(distance));
    folded.set(source, String.fromCodePoint(...targets));
    i += count;
  }
}

function readNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = digitValue(text.charCodeAt(i));
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value);
    value = 0;
    shift = 0;
  }
  return numbers;
}

function digitValue(code: number): number {
  if (code >= 97) return code - 71; // a-z: 26–51
  if (code >= 65) return code - 65; // A-Z: 0–25
  if (code >= 48) return code + 4; // 0-9: 52–61
  return code === 43 ? 62 : 63; // + and /
}

function signed(value: number): number {
  return value & 1 ? -((value + 1) >>> 1) : value >>> 1;
}
