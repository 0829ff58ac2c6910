// Deterministic texts and option grids for the parity tests. Not exported.

import { createHash } from 'node:crypto';
import type { EncodeOptions } from './encode-options.js';
import type { Encoding } from './encoding.js';
import type { AddedToken } from './options.js';
import type { WordPieceTokenizer } from './tokenizer.js';

// globals cost some 100 ns a look-up in Jest's realm
const { floor, imul } = Math;
const { fromCodePoint } = String;

/** A generator of integers below `bound`, the same on every machine. */
export function randomIntegers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (imul(state, 1664525) + 1013904223) >>> 0;
    return floor((state / 0x100000000) * bound);
  };
}

/** Texts, some with a pair, whose tokens other readers of a saved folder must agree on. */
export const SAVED_TEXTS: readonly (readonly [text: string, pair: string | null])[] = [
  ['Hello, unaffable foot!', null],
  ['Hello', 'un <x> wi'],
  ['[MASK] naïve Ångström', null],
  ['中文 한국 ﬁ 😀', null],
  ['', null],
];

/** Special tokens, every ASCII character, characters of many scripts and some longer pieces. */
export function smallVocabulary(): string[] {
  const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const ranges = [
    [0x21, 0x7e],
    [0xa1, 0x24f],
    [0x370, 0x5ea],
    [0x900, 0x97f],
    [0x1100, 0x11ff],
    [0x1b40, 0x1bf3],
    [0x2010, 0x2040],
    [0x3041, 0x30ff],
    [0x4e00, 0x4fff],
    [0x1d15e, 0x1d1ff],
    [0x1f600, 0x1f640],
  ];
  for (const prefix of ['', '##']) {
    for (const [first, last] of ranges) {
      for (let c = first; c <= last; c++) {
        const text = String.fromCodePoint(c);
        if (text.trim() === text) tokens.push(prefix + text);
      }
    }
  }
  tokens.push('un', '##aff', '##able', 'he', 'hello', '##lo', 'for', 'foot', '##ba', 'wi', '한');
  return [...new Set(tokens)];
}

const SCRIPTS: readonly (readonly [first: number, size: number])[] = [
  [97, 26],
  [65, 26],
  [48, 10],
  [32, 1],
  [33, 94],
  [0, 32],
  [0x80, 0x180],
  [0x300, 0x70],
  [0x370, 0x400],
  [0x590, 0x1000],
  [0x1b40, 0x100],
  [0x1e00, 0x300],
  [0x2000, 0x400],
  [0x3000, 0x200],
  [0x4e00, 0x5200],
  [0xac00, 11172],
  [0xf900, 0x700],
  [0x10000, 0x1000],
  [0x1d000, 0x300],
  [0x1e000, 0x1000],
  [0x1f300, 0x500],
  [0x20000, 0x10000],
  [0xe0000, 0x200],
  [0, 0x110000],
];

/** A line that mixes scripts, controls, marks and long words. */
export function mixedLine(random: (bound: number) => number): string {
  let line = '';
  let script = SCRIPTS[random(SCRIPTS.length)];
  for (let n = 1 + random(random(10) === 0 ? 400 : 60); n > 0; n--) {
    if (random(3) === 0) script = SCRIPTS[random(SCRIPTS.length)];
    const c = script[0] + random(script[1]);
    if (c !== 10 && (c < 0xd800 || c >= 0xe000)) line += fromCodePoint(c);
  }
  return line;
}

export function mixedLines(count: number, seed: number): string[] {
  const random = randomIntegers(seed);
  return Array.from({ length: count }, () => mixedLine(random));
}

/** Each scalar value in ten contexts, a line each; from `sparseFrom` on only each `step`-th. */
export function* scalarLines(step: number, sparseFrom = 0): Generator<string> {
  for (let c = 0; c < 0x110000; c += c < sparseFrom ? 1 : step) {
    if ((c >= 0xd800 && c < 0xe000) || c === 10) continue;
    const s = fromCodePoint(c);
    const contexts = [s, `a${s}`, `${s}b`, `a${s}b`, `a ${s} b`, s + s];
    yield [...contexts, `e\u0301${s}`, `${s}\u0323\u0301`, `中${s}X`, `1${s}.,`].join(' ');
  }
}

export const ADDED_TOKENS: readonly AddedToken[] = [
  { content: 'newtok' },
  { content: 'foo', singleWord: true },
  { content: 'foobar', normalized: false },
  { content: 'strip', lstrip: true, rstrip: true, normalized: false },
  { content: 'word', rstrip: true },
  { content: 'ＷIDE' },
  { content: '[SPECIAL]', special: true },
];

export interface OptionCase extends EncodeOptions {
  readonly text: string;
}

const PARTS =
  'hello|unaffable|[MASK]|[SEP]| |  |newtok|NEWTOK|Ｗide|e\u0301|a\u0301|😀|中|foo|foobar|!|x\u200by| [MASK] |strip|word|sword|\u3000|\u{1d15e}|한국|ﬁ|İ|\u1bf2\u1b44a'.split(
    '|',
  );

/** Random texts under random options, those left out that Hugging Face refuses to be configured with. */
export function optionCases(count: number, seed: number): OptionCase[] {
  const random = randomIntegers(seed);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)];
  const text = () => {
    if (random(4) === 0) return mixedLine(random);
    let line = '';
    for (let n = random(14); n >= 0; n--) line += pick(PARTS) + (random(2) ? ' ' : '');
    return line;
  };
  return Array.from({ length: count }, () => {
    const pair = random(2) ? text() : undefined;
    const addSpecialTokens = random(4) > 0;
    const room = random(6) === 0 ? random(6) : 4 + random(40);
    const isCut = random(4) > 0;
    const isPadded = random(2) > 0;
    return {
      text: text(),
      pair,
      addSpecialTokens,
      splitSpecialTokens: random(3) === 0,
      truncation: isCut
        ? pick(['longest_first', 'only_first', 'only_second'] as const)
        : (false as const),
      maxLength: room + (pair !== undefined && addSpecialTokens ? 3 : 2),
      stride: isCut && room > 1 && random(3) > 0 ? random(Math.min(6, room)) : 0,
      truncationSide: pick(['left', 'right'] as const),
      padding: isPadded ? pick(['longest', 'max_length'] as const) : (false as const),
      paddingSide: pick(['left', 'right'] as const),
      padToMultipleOf: isPadded && random(2) ? pick([1, 2, 7, 8, 64]) : undefined,
    };
  });
}

/** What the oracle writes of a case: every window, or that it failed. */
export function caseResult(
  tokenizer: WordPieceTokenizer,
  { text, ...options }: OptionCase,
): unknown {
  let encoding: Encoding;
  try {
    encoding = tokenizer.encode(text, {
      ...options,
      offsets: true,
      offsetUnit: 'codepoint',
      returnOverflowing: true,
    });
  } catch {
    return 'error';
  }
  return [encoding, ...encoding.overflowing].map((window) => ({
    ids: [...window.ids],
    typeIds: [...window.typeIds],
    attentionMask: [...window.attentionMask],
    specialTokensMask: [...window.specialTokensMask],
    offsets: [...window.offsets],
    wordIds: [...window.wordIds],
  }));
}

/** SHA-256 of the ids of lines as the oracle writes them: for each line the count, then the ids. */
export function idsHash(tokenizer: WordPieceTokenizer, lines: Iterable<string>): string {
  const hash = createHash('sha256');
  let block = new Int32Array(1 << 16);
  let size = 0;
  for (const line of lines) {
    const { ids } = tokenizer.encode(line, { addSpecialTokens: false });
    if (size + 1 + ids.length > block.length) {
      hash.update(block.subarray(0, size));
      size = 0;
      if (ids.length >= block.length) block = new Int32Array(1 + ids.length);
    }
    block[size] = ids.length;
    block.set(ids, size + 1);
    size += 1 + ids.length;
  }
  return hash.update(block.subarray(0, size)).digest('hex');
}

export function sha256(content: string | Uint8Array | Uint16Array | Int32Array): string {
  const bytes =
    typeof content === 'string'
      ? content
      : new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  return createHash('sha256').update(bytes).digest('hex');
}
