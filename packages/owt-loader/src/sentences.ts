// Text to sentences, by rule: in web text a line is a paragraph, and a builder that takes lines for sentences
// loses or cuts a third of it (reference: openwebtext-and-glue 1e).
//
// A line break always ends a sentence. Within a line a full stop, question or exclamation mark ends one when
// white space follows and then something that can open a sentence, unless the word before the stop is an
// abbreviation or an initial. Nothing is lost: the sentences of a text hold all its non-blank characters.
//
// The text is UTF-8 and its sentences become lines in place: corpora are read without making a string.

import { foursOf } from './fours.js';
import { endOfText, isBlank, startOfText } from './white-space.js';

const LINE_FEED = 10;
const STOP = 46;
const SPACE = 32;

/** Bytes at which a sentence may end: line feed, full stop, question and exclamation mark. */
const MARKS = new Uint8Array(256);
for (const mark of '\n.!?') MARKS[mark.charCodeAt(0)] = 1;

const ABBREVIATIONS: ReadonlySet<number> = new Set(
  `mr mrs ms dr prof rev gen sen rep gov capt col lt sgt maj hon st jr sr vs etc inc ltd co corp bros
  dept univ assn approx est no nos vol vols pp fig figs ed eds al cf e.g i.e eg ie viz a.m p.m u.s u.k u.n
  d.c jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ave blvd rd mt ft`
    .split(/\s+/)
    .map((word) => packed(Buffer.from(word), 0, word.length)),
);

const LONGEST_ABBREVIATION = 6;

/** The sentences of a text in order, trimmed, none empty. */
export function splitSentences(text: string): string[] {
  const bytes = Buffer.from(text);
  sentencesToLines(bytes, 0, bytes.length);
  const lines = bytes.toString().split('\n');
  return lines.map((line) => line.trim()).filter(Boolean);
}

/** Makes the pieces of a text lines of their own, in place, and says how many; blank ones count. */
export type ToLines = (bytes: Uint8Array, from: number, to: number) => number;

/**
 * Makes each sentence of a text a line, by writing line feeds over the white space between them, and spaces over
 * other white space at their ends.
 *
 * @param bytes the text as UTF-8, at [from, to)
 * @returns the lines, blank ones included, that end with a line feed once there is one at `to` as well
 */
export function sentencesToLines(bytes: Uint8Array, from: number, to: number): number {
  const fours = foursOf(bytes);
  let lines = 1;
  let start = from;
  for (let i = nextMark(bytes, fours, from, to); i < to; i = nextMark(bytes, fours, i, to)) {
    if (bytes[i] === LINE_FEED) {
      blankEnds(bytes, start, i);
      lines++;
      start = ++i;
      continue;
    }
    const close = skipClosing(bytes, i + 1, to);
    const opening = skipSpaces(bytes, close, to);
    const ends = opening > close && opening < to && canOpen(bytes[opening] ?? 0);
    if (ends && !(bytes[i] === STOP && isShort(bytes, from, i))) {
      blankEnds(bytes, start, close);
      bytes[close] = LINE_FEED;
      for (let gap = close + 1; gap < opening; gap++) bytes[gap] = SPACE;
      lines++;
      start = close + 1;
    }
    i = ends ? opening : close;
  }
  blankEnds(bytes, start, to);
  return lines;
}

/** The first mark in [from, to), or `to`. Letters and spaces, which are most of a text, are passed over in fours. */
function nextMark(bytes: Uint8Array, fours: Int32Array, from: number, to: number): number {
  const end = Math.min(to, 4 * fours.length) - 3;
  let i = from;
  while (i < to) {
    if ((i & 3) === 0) {
      while (i < end && !mayHoldMark(fours[i >> 2] ?? 0)) i += 4;
      if (i >= to) return to;
    }
    if (MARKS[bytes[i] ?? 0] === 1) return i;
    i++;
  }
  return to;
}

/** Whether one of four bytes is below 64, as all marks are, and neither a space nor zero. */
function mayHoldMark(four: number): boolean {
  const isHigh = four | (four << 1); // in the top bit of each byte
  const hasLowBits = (four & 0x1f1f1f1f) + 0x7f7f7f7f;
  return (~isHigh & hasLowBits & 0x80808080) !== 0;
}

/** Keeps the lines of a text as they are, but for spaces over other white space at their ends. */
export function linesToLines(bytes: Uint8Array, from: number, to: number): number {
  let lines = 1;
  let start = from;
  for (let i = from; i < to; i++) {
    if (bytes[i] !== LINE_FEED) continue;
    blankEnds(bytes, start, i);
    lines++;
    start = i + 1;
  }
  blankEnds(bytes, start, to);
  return lines;
}

/** Writes spaces over white space at both ends, so that none but these are left there. */
function blankEnds(bytes: Uint8Array, from: number, to: number): void {
  const start = startOfText(bytes, from, to, isBlank);
  if (start > from) bytes.fill(SPACE, from, start);
  const end = endOfText(bytes, start, to, isBlank);
  if (end < to) bytes.fill(SPACE, end, to);
}

/** Past any further marks and closing quotes or brackets: . ! ? " ' ) ] ” ’ » */
function skipClosing(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; ) {
    const byte = bytes[i] ?? 0;
    if (byte === STOP || byte === 33 || byte === 63 || byte === 34) i++;
    else if (byte === 39 || byte === 41 || byte === 93) i++;
    else if (byte === 0xc2 && bytes[i + 1] === 0xbb) i += 2;
    else if (byte !== 0xe2 || bytes[i + 1] !== 0x80) return i;
    else if (bytes[i + 2] === 0x9d || bytes[i + 2] === 0x99) i += 3;
    else return i;
  }
  return to;
}

/** Past spaces, tabs, carriage returns and no-break spaces. */
function skipSpaces(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; ) {
    const byte = bytes[i] ?? 0;
    if (byte === SPACE || byte === 9 || byte === 13) i++;
    else if (byte === 0xc2 && bytes[i + 1] === 0xa0) i += 2;
    else return i;
  }
  return to;
}

/** Capitals, digits, quotes, brackets and anything outside ASCII (other scripts have no capitals to wait for). */
function canOpen(byte: number): boolean {
  if (byte >= 65 && byte <= 90) return true;
  if (byte >= 48 && byte <= 57) return true;
  return byte === 34 || byte === 39 || byte === 40 || byte === 91 || byte > 127;
}

/** Whether the stop at `at` ends an abbreviation or an initial rather than a sentence. */
function isShort(bytes: Uint8Array, start: number, at: number): boolean {
  let from = at;
  while (from > start && at - from < 8) {
    const byte = bytes[from - 1] ?? 0;
    const letter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === STOP;
    if (!letter) break;
    from--;
  }
  const length = at - from;
  if (length === 0) return false;
  const first = bytes[from] ?? 0;
  if (length === 1) return first <= 90 && first !== 73; // "J." but not "I."
  return length <= LONGEST_ABBREVIATION && ABBREVIATIONS.has(packed(bytes, from, at));
}

/** Up to six letters and stops as one number, whatever their case: five bits each. */
function packed(bytes: Uint8Array, from: number, to: number): number {
  let key = 1;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    key = (key << 5) | (byte === STOP ? 27 : byte & 31);
  }
  return key;
}
