// What ELECTRA's generator does to a text: some tokens are masked, and each mask is filled by a draw from the generator's
// distribution (Clark et al. 2020, https://arxiv.org/abs/2003.10555, section 2), here for whole words.

import type { Filling } from './fill-mask.js';
import type { DetectedToken } from './heat-map.js';

/** Share of the words that are masked, as in pretraining. */
const SHARE = 0.15;
/** A draw is taken from this many best answers, whose probabilities hold nearly all there is. */
export const DRAW_FROM = 100;

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Replacement extends Span {
  readonly original: string;
}

export interface Corrupted {
  readonly text: string;
  /** Where the draws stand in `text`; a draw that hit the original is among them, with its own word. */
  readonly replacements: readonly Replacement[];
}

/** Words that are one token: a draw for part of a word would be read as other pieces. */
export function wholeWords(tokens: readonly DetectedToken[]): Span[] {
  return tokens.filter(
    ({ word, start, end }, index) =>
      end > start &&
      /\p{L}|\p{N}/u.test(word) &&
      !word.startsWith('##') &&
      !(tokens[index + 1]?.start === end && tokens[index + 1]?.word.startsWith('##')),
  );
}

/** About 15 % of the words, at least one, in order. */
export function chooseSpans(words: readonly Span[], random: () => number): Span[] {
  const rest = [...words];
  const count = Math.min(rest.length, Math.max(1, Math.round(SHARE * rest.length)));
  const chosen = Array.from({ length: count }, () =>
    rest.splice(Math.floor(random() * rest.length), 1),
  );
  return chosen.flat().sort((a, b) => a.start - b.start);
}

/** The text with `mask` in place of each span. */
export function maskSpans(text: string, spans: readonly Span[], mask: string): string {
  return weave(text, spans, () => mask).text;
}

/** The text with a draw from `fillings[i]` in place of span i. */
export function fillSpans(
  text: string,
  spans: readonly Span[],
  fillings: readonly (readonly Filling[])[],
  random: () => number,
): Corrupted {
  return weave(text, spans, (index, original) => draw(fillings[index] ?? [], random) ?? original);
}

function weave(
  text: string,
  spans: readonly Span[],
  word: (index: number, original: string) => string,
): Corrupted {
  let woven = '';
  let at = 0;
  const replacements = spans.map(({ start, end }, index) => {
    const original = text.slice(start, end);
    woven += text.slice(at, start);
    const begin = woven.length;
    woven += word(index, original);
    at = end;
    return { start: begin, end: woven.length, original };
  });
  return { text: woven + text.slice(at), replacements };
}

/** A word by its probability among those that stand as a word; undefined if there is none. */
function draw(fillings: readonly Filling[], random: () => number): string | undefined {
  const words = fillings.filter(({ token }) => /^[^\s#[]\S*$/u.test(token));
  const total = words.reduce((sum, { score }) => sum + score, 0);
  let left = random() * total;
  for (const { token, score } of words) {
    left -= score;
    if (left <= 0) return token;
  }
  return words.at(-1)?.token;
}
