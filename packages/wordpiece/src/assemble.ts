// From the tokens of a text and its pair to an encoding: windows, special tokens, offsets.

import type { ResolvedEncodeOptions } from './encode-options.js';
import { type Alignment, Encoding } from './encoding.js';
import { positions } from './offset-unit.js';
import { smallArray } from './small-array.js';
import type { Tokens } from './text-engine.js';
import { truncationWindows, type Window } from './truncation.js';

/** The special tokens before a text and after each sequence. */
export interface Frame {
  readonly before: number;
  readonly after: number;
}

export interface Sequences {
  /** Tokens of the text, then of the pair. */
  readonly tokens: Tokens;
  /** How many are the text's. */
  readonly first: number;
  readonly text: string;
  readonly pair: string | undefined;
  readonly options: ResolvedEncodeOptions;
  readonly frame: Frame | undefined;
  readonly token: (id: number) => string;
}

/** The encoding, with its further windows if they are wanted. */
export function assembleEncoding(sequences: Sequences): Encoding {
  const { tokens, first, pair, options } = sequences;
  const second = pair === undefined ? undefined : tokens.length - first;
  if (options.offsets && options.offsetUnit !== 'utf16') convertOffsets(sequences);
  const [main, ...rest] = windows(first, second, sequences);
  const overflowing = options.returnOverflowing
    ? rest.map((window) => assembleWindow(window, sequences, []))
    : [];
  return assembleWindow(main, sequences, overflowing);
}

function windows(
  first: number,
  second: number | undefined,
  { options, frame }: Sequences,
): Window[] {
  const { truncation, maxLength, stride, truncationSide } = options;
  if (truncation === undefined) {
    return [{ first: [0, first], second: second === undefined ? undefined : [0, second] }];
  }
  const inserted = frame === undefined ? 0 : second === undefined ? 2 : 3;
  if (maxLength < inserted)
    throw new RangeError(
      `wordpiece: cannot truncate to ${maxLength} tokens: ${inserted} are special tokens.\nRaise maxLength.`,
    );
  const room = maxLength - inserted;
  if (stride > 0 && stride >= room)
    throw new RangeError(
      `wordpiece: cannot truncate: stride ${stride}, expected less than the ${room} tokens a window holds.\n` +
        `Lower stride or raise maxLength.`,
    );
  return truncationWindows(first, second, {
    strategy: truncation,
    room,
    stride,
    side: truncationSide,
  });
}

function assembleWindow(
  { first, second }: Window,
  { tokens, first: boundary, options, frame, token }: Sequences,
  overflowing: readonly Encoding[],
): Encoding {
  const edge = frame === undefined ? 0 : 1;
  const firstLength = first[1] - first[0];
  const secondLength = second === undefined ? 0 : second[1] - second[0];
  const total = edge + firstLength + edge + (second === undefined ? 0 : secondLength + edge);
  // one allocation: ids, then offsets and word ids
  const arrays = smallArray(options.offsets ? 4 * total : total);
  const ids = options.offsets ? arrays.subarray(0, total) : arrays;
  const firstAt = edge;
  const secondAt = edge + firstLength + edge;
  copy(tokens.ids, first[0], first[1], ids, firstAt);
  if (second) copy(tokens.ids, boundary + second[0], boundary + second[1], ids, secondAt);
  if (frame !== undefined) {
    ids[0] = frame.before;
    ids[firstAt + firstLength] = frame.after;
    if (second) ids[total - 1] = frame.after;
  }
  let alignment: Alignment | undefined;
  if (options.offsets) {
    const offsets = arrays.subarray(total, 3 * total);
    const wordIds = arrays.subarray(3 * total);
    alignment = { offsets, wordIds };
    if (frame !== undefined) {
      wordIds[0] = -1;
      wordIds[firstAt + firstLength] = -1;
      if (second) wordIds[total - 1] = -1;
    }
    align(tokens, first[0], first[1], alignment, firstAt);
    if (second) align(tokens, boundary + second[0], boundary + second[1], alignment, secondAt);
  }
  const lengths = [firstLength, second ? secondLength : undefined] as const;
  return new Encoding({
    ids,
    prefix: edge,
    lengths,
    suffix: edge,
    alignment,
    token,
    overflowing,
  });
}

function copy(
  source: Int32Array | Uint16Array,
  from: number,
  to: number,
  target: Int32Array,
  at: number,
): void {
  if (to - from > 32) target.set(source.subarray(from, to), at);
  else for (let t = from; t < to; t++) target[at + t - from] = source[t];
}

function align(
  tokens: Tokens,
  from: number,
  to: number,
  { offsets, wordIds }: Alignment,
  at: number,
): void {
  copy(tokens.places, 2 * from, 2 * to, offsets, 2 * at);
  copy(tokens.words, from, to, wordIds, at);
}

function convertOffsets({ tokens, first, text, pair, options }: Sequences): void {
  const unit = options.offsetUnit;
  if (unit === 'utf16') return;
  convert(tokens.places, 0, first, positions(text, unit));
  if (pair !== undefined) convert(tokens.places, first, tokens.length, positions(pair, unit));
}

/** Rewrites the places of the tokens [from, to). */
function convert(places: Int32Array, from: number, to: number, units: Int32Array): void {
  for (let p = 2 * from; p < 2 * to; p++) places[p] = units[places[p]];
}
