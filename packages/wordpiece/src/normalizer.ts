// The normalized text itself, with the place each character came from.
//
// Encoding does not need it: the engines normalize word by word. It exists for added tokens that are
// looked for in normalized text, and for whoever wants to see what the tokenizer sees.

import { type Behaviour, behaviourOf, DELETE, type NormalizerOptions, SPACE } from './behaviour.js';
import { type CodePoints, codePoints, decomposeHangul, inRanges } from './code-points.js';

export interface NormalizedText {
  readonly text: string;
  /** UTF-16 start in the source of the code point behind each UTF-16 unit. */
  readonly from: readonly number[];
  /** Its end. */
  readonly to: readonly number[];
}

/** A character on its way through the normalizer. */
interface Character {
  readonly code: number;
  /** Rank of its combining class, 0 for a starter. */
  readonly rank: number;
  /** Whether it has a code point of the source to itself; the others share the one before. */
  readonly isFirst: boolean;
}

/**
 * What BertNormalizer makes of `text`, UTF-16 range [start, stop).
 *
 * Where marks are reordered, Hugging Face's alignment goes by position: the first character after
 * sorting gets the first code point's place, and so on. So does this one, marks that vanish included.
 */
export function normalizeText(
  text: string,
  options: NormalizerOptions,
  behaviour: Behaviour,
  start = 0,
  stop: number = text.length,
): NormalizedText {
  const facts = codePoints();
  const characters: Character[] = [];
  const places: [number, number][] = [];
  const run: Character[] = []; // non-starters, which are sorted by their classes
  const endRun = () => {
    if (run.length === 0) return;
    for (const character of run.sort((a, b) => a.rank - b.rank)) characters.push(character);
    run.length = 0;
  };
  for (let i = start; i < stop; ) {
    const c = wellFormed(text.codePointAt(i) ?? 0);
    const end = i + (c > 0xffff ? 2 : 1);
    const parts = decomposition(c, options, behaviour, facts);
    if (parts.length > 0) places.push([i, end]);
    for (const [k, code] of parts.entries()) {
      const rank = options.stripAccents ? (facts.combining.get(code) ?? 0) : 0;
      if (rank === 0) endRun();
      (rank === 0 ? characters : run).push({ code, rank, isFirst: k === 0 });
    }
    i = end;
  }
  endRun();
  const output = { text: '', from: [] as number[], to: [] as number[] };
  let place = -1;
  for (const { code, isFirst } of characters) {
    if (isFirst) place++;
    if (options.stripAccents && inRanges(facts.marks, code)) continue;
    const lowered = (options.lowercase && facts.lowered.get(code)) || [code];
    const units = String.fromCodePoint(...lowered);
    const [from, to] = places[Math.max(0, place)];
    output.text += units;
    for (let unit = 0; unit < units.length; unit++) {
      output.from.push(from);
      output.to.push(to);
    }
  }
  return output;
}

/** Cleaned, set apart and taken apart; not yet stripped or lowercased. */
function decomposition(
  c: number,
  options: NormalizerOptions,
  behaviour: Behaviour,
  facts: CodePoints,
): readonly number[] {
  const kind = behaviourOf(behaviour, c) & 7;
  if (kind === SPACE && options.cleanText) return [0x20];
  if (kind === DELETE && options.cleanText && inRanges(facts.deleted, c)) return [];
  if (!options.stripAccents) return apart(c, [c], options, facts);
  if (c >= 0xac00 && c < 0xd7a4) return decomposeHangul(c);
  return apart(c, facts.decomposed.get(c) ?? [c], options, facts);
}

function apart(
  c: number,
  parts: readonly number[],
  options: NormalizerOptions,
  facts: CodePoints,
): readonly number[] {
  const isIdeograph = options.handleChineseChars && inRanges(facts.ideographs, c);
  return isIdeograph ? [0x20, ...parts, 0x20] : parts;
}

function wellFormed(c: number): number {
  return c >= 0xd800 && c < 0xe000 ? 0xfffd : c;
}
