// What the whole normalizer does to each code point under given options, as a two-stage table.
//
// One code point in, one of eight behaviours out; an entry is 32 bits:
//   bits 0–2 kind · bits 3–7 bytes of its text in the pool · bits 8–10 code points of that text · bits 11–31 place in the pool
// The same table serves the TypeScript engine and, copied into its memory, the WebAssembly one.

import { type CodePoints, codePoints, inRanges, type Ranges } from './code-points.js';

export interface NormalizerOptions {
  /** Remove control characters. */
  readonly cleanText: boolean;
  /** Make each Chinese character a word. */
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/** Part of a word, as it stands. */
export const KEEP = 0;
/** Gone. With pool length 1: it also keeps its neighbours from being reordered. */
export const DELETE = 1;
/** Ends a word. */
export const SPACE = 2;
/** Ends a word and is one; its own text if the pool length is 0. */
export const ISOLATE = 3;
/** Part of a word, replaced by its text in the pool. */
export const MAP = 4;
/** A Hangul syllable to be taken apart by arithmetic. */
export const HANGUL = 5;
/** Part of a word, with combining classes: the pool holds (rank, UTF-8) a code point, rank 0 = starter. */
export const COMBINE = 6;

export const BLOCK_BITS = 7;
const BLOCK = 1 << BLOCK_BITS;
const CODE_POINTS = 0x110000;

export interface Behaviour {
  /** Block number by code point >> 7. */
  readonly blocks: Uint16Array; // [8704]
  /** Entries, 128 a block. */
  readonly entries: Uint32Array;
  /** UTF-8 of the replacements. */
  readonly pool: Uint8Array;
}

/** The table for one set of options. Takes a few milliseconds. */
export function buildBehaviour(options: NormalizerOptions): Behaviour {
  const facts = codePoints();
  const all = new Uint32Array(CODE_POINTS);
  const pool = new Pool();
  for (const [source, target] of replacements(options, facts)) {
    all[source] = replacementEntry(target, options, facts, pool);
  }
  if (options.stripAccents) {
    all.fill(HANGUL, 0xac00, 0xd7a4);
    fillRanges(all, facts.marks, DELETE);
    for (const c of blockingMarks(facts)) all[c] = DELETE | (1 << 3);
  }
  for (const [start, end] of facts.punctuation) {
    for (let c = start; c < end; c++) if (all[c] === KEEP) all[c] = ISOLATE;
  }
  if (options.handleChineseChars) {
    for (const [start, end] of facts.ideographs) {
      for (let c = start; c < end; c++) all[c] = (all[c] & ~7) | ISOLATE;
    }
  }
  fillRanges(all, facts.whiteSpace, SPACE);
  if (options.cleanText) fillRanges(all, facts.deleted, DELETE);
  return { ...shareBlocks(all), pool: pool.bytes() };
}

/** The table for text that is normalized already: only white space and punctuation count. */
export function buildSplitter(): Behaviour {
  return buildBehaviour({
    cleanText: false,
    handleChineseChars: false,
    stripAccents: false,
    lowercase: false,
  });
}

/** The entry of a code point; lone surrogates are U+FFFD, as in UTF-8. */
export function behaviourOf({ blocks, entries }: Behaviour, codePoint: number): number {
  const c = codePoint >= 0xd800 && codePoint < 0xe000 ? 0xfffd : codePoint;
  return entries[(blocks[c >>> BLOCK_BITS] << BLOCK_BITS) | (c & (BLOCK - 1))];
}

/** Code points that change into others, and what they become. */
function replacements(options: NormalizerOptions, facts: CodePoints): Map<number, number[]> {
  const lower = (c: number) => (options.lowercase && facts.lowered.get(c)) || [c];
  const result = new Map<number, number[]>();
  if (options.lowercase) for (const [c, target] of facts.lowered) result.set(c, [...target]);
  if (options.stripAccents) {
    for (const [c, target] of facts.decomposed) {
      const rest = target.filter((part) => !inRanges(facts.marks, part));
      if (rest.length > 0) result.set(c, rest.flatMap(lower));
    }
    for (const c of facts.combining.keys()) result.set(c, [c]);
  }
  return result;
}

/** Marks that vanish and yet, being starters, keep what stands around them apart. */
function blockingMarks({ marks, combining, decomposed }: CodePoints): number[] {
  const result: number[] = [];
  for (const [start, end] of marks) {
    for (let c = start; c < end; c++) {
      if ((decomposed.get(c) ?? [c]).some((part) => !combining.has(part))) result.push(c);
    }
  }
  return result;
}

function replacementEntry(
  target: readonly number[],
  options: NormalizerOptions,
  facts: CodePoints,
  pool: Pool,
): number {
  if (options.stripAccents && target.some((c) => facts.combining.has(c))) {
    const bytes = target.flatMap((c) => [facts.combining.get(c) ?? 0, ...utf8(c)]);
    return pool.add(bytes, target.length) | COMBINE;
  }
  const entry = pool.add(target.flatMap(utf8), target.length);
  return entry | (inRanges(facts.punctuation, target[0]) ? ISOLATE : MAP);
}

function fillRanges(all: Uint32Array, ranges: Ranges, entry: number): void {
  for (const [start, end] of ranges) all.fill(entry, start, end);
}

/** Equal blocks are stored once. */
function shareBlocks(all: Uint32Array): Pick<Behaviour, 'blocks' | 'entries'> {
  const blocks = new Uint16Array(CODE_POINTS >>> BLOCK_BITS);
  const known = new Map<string, number>();
  const entries: Uint32Array[] = [];
  for (let b = 0; b < blocks.length; b++) {
    const block = all.subarray(b << BLOCK_BITS, (b + 1) << BLOCK_BITS);
    const key = isUniform(block) ? `${block[0]}` : block.join();
    let number = known.get(key);
    if (number === undefined) {
      number = entries.push(block) - 1;
      known.set(key, number);
    }
    blocks[b] = number;
  }
  const joined = new Uint32Array(entries.length << BLOCK_BITS);
  for (const [number, block] of entries.entries()) joined.set(block, number << BLOCK_BITS);
  return { blocks, entries: joined };
}

function isUniform(block: Uint32Array): boolean {
  for (let k = 1; k < BLOCK; k++) if (block[k] !== block[0]) return false;
  return true;
}

class Pool {
  readonly #bytes: number[] = [];
  readonly #places = new Map<string, number>();

  /** Bits 3 and up of the entry for these bytes. */
  add(bytes: readonly number[], characters: number): number {
    const key = bytes.join();
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#bytes.length;
      this.#bytes.push(...bytes);
      this.#places.set(key, place);
    }
    return (bytes.length << 3) | (characters << 8) | (place << 11);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

function utf8(c: number): number[] {
  if (c < 0x80) return [c];
  if (c < 0x800) return [0xc0 | (c >> 6), 0x80 | (c & 63)];
  if (c < 0x10000) return [0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63)];
  return [0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63)];
}
