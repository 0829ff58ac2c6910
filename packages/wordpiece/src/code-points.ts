// What each code point is to BERT's normalizer, unpacked from the generated table.
//
// The categories are those frozen in Hugging Face's Rust code (Unicode 8 categories, Unicode 13
// decompositions), not those of the JavaScript engine: `\p{…}`, `normalize` and `toLowerCase` differ
// from them on several hundred code points (reference/wordpiece.md 4.2).
// Format: numbers in base-64 digits, five bits a digit, low digits first, bit 32 = more follow.

import {
  COMBINING,
  DECOMPOSED,
  DELETED,
  IDEOGRAPHS,
  LOWERED,
  MARKS,
  PUNCTUATION,
  WHITE_SPACE,
} from './code-point-data.js';

/** Half-open ranges `[start, end]` of code points, ascending. */
export type Ranges = readonly (readonly [start: number, end: number])[];

export interface CodePoints {
  /** Removed by cleaning: controls, format characters, private use, U+0000, U+FFFD. */
  readonly deleted: Ranges;
  /** Separates words. */
  readonly whiteSpace: Ranges;
  /** Chinese characters, each a word of its own. */
  readonly ideographs: Ranges;
  /** Each a word of its own. */
  readonly punctuation: Ranges;
  /** Vanish when accents are stripped. */
  readonly marks: Ranges;
  /** Non-starters, with the rank (1, 2, …) of their combining class. */
  readonly combining: ReadonlyMap<number, number>;
  /** Canonical decompositions. Hangul syllables excepted: `decomposeHangul`. */
  readonly decomposed: ReadonlyMap<number, readonly number[]>;
  readonly lowered: ReadonlyMap<number, readonly number[]>;
}

let unpacked: CodePoints | undefined;

/** The table, unpacked at the first call and kept. */
export function codePoints(): CodePoints {
  unpacked ??= {
    deleted: readRanges(DELETED),
    whiteSpace: readRanges(WHITE_SPACE),
    ideographs: readRanges(IDEOGRAPHS),
    punctuation: readRanges(PUNCTUATION),
    marks: readRanges(MARKS),
    combining: readCombining(COMBINING),
    decomposed: readMappings(DECOMPOSED),
    lowered: readMappings(LOWERED),
  };
  return unpacked;
}

export function inRanges(ranges: Ranges, codePoint: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (codePoint >= ranges[middle][1]) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && codePoint >= ranges[low][0];
}

/** The jamo of a Hangul syllable, U+AC00 to U+D7A3. */
export function decomposeHangul(c: number): number[] {
  const index = c - 0xac00;
  const jamo = [0x1100 + Math.floor(index / 588), 0x1161 + Math.floor((index % 588) / 28)];
  if (index % 28) jamo.push(0x11a7 + (index % 28));
  return jamo;
}

function readNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = digitValue(text.charCodeAt(i));
    value |= (digit & 31) << shift;
    if (digit & 32) {
      shift += 5;
    } else {
      numbers.push(value);
      value = 0;
      shift = 0;
    }
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

function readRanges(text: string): Ranges {
  const numbers = readNumbers(text);
  const ranges: [number, number][] = [];
  let end = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const start = end + numbers[i];
    end = start + numbers[i + 1] + 1;
    ranges.push([start, end]);
  }
  return ranges;
}

function readCombining(text: string): Map<number, number> {
  const numbers = readNumbers(text);
  const ranks = new Map<number, number>();
  let end = 0;
  for (let i = 0; i < numbers.length; i += 3) {
    const start = end + numbers[i];
    end = start + numbers[i + 1] + 1;
    for (let c = start; c < end; c++) ranks.set(c, numbers[i + 2]);
  }
  return ranks;
}

function readMappings(text: string): Map<number, number[]> {
  const numbers = readNumbers(text);
  const mappings = new Map<number, number[]>();
  let source = -1;
  let last = 0;
  let i = 0;
  while (i < numbers.length) {
    const head = numbers[i++];
    source += (head >>> 2) + 1;
    const target: number[] = [];
    for (let n = head & 3; n >= 0; n--) {
      last += signed(numbers[i++]);
      target.push(last);
    }
    mappings.set(source, target);
  }
  return mappings;
}
