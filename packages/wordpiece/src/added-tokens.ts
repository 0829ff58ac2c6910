// Tokens beside the vocabulary's pieces: found in the text before it is split into words.
//
// As in Hugging Face's added_vocabulary.rs: of the tokens that match at the leftmost place the longest
// wins; a match that fails `singleWord`, or that is special while special tokens count as text, is
// passed over, and what it covered is ordinary text.

import { reject, requireText } from './arguments.js';
import { requireFlags, requireKnown } from './option-checks.js';
import type { AddedToken } from './options.js';

export interface RegisteredToken {
  readonly content: string;
  readonly id: number;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly singleWord: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

export interface TokenMatch {
  readonly token: RegisteredToken;
  readonly start: number;
  readonly end: number;
}

const FLAGS = ['special', 'normalized', 'singleWord', 'lstrip', 'rstrip'] as const;
const FIELDS = ['content', 'id', ...FLAGS];

/**
 * @throws TypeError unless an object with a string as its content
 * @throws RangeError for an empty content, unknown names and impossible values
 */
export function checkToken(token: AddedToken): void {
  if (typeof token !== 'object' || token === null)
    reject('one of the added tokens', token, 'an object', 'Give it as { content }');
  requireKnown(token, FIELDS);
  requireFlags(token, FLAGS);
  requireText(token.content, 'the content of an added token', 'Give the text to look for');
  if (token.content === '')
    throw new RangeError(
      `wordpiece: cannot add a token: its content is empty, expected at least one character.\nRemove it.`,
    );
}

/** All fields of an added token, defaults filled in. */
export function registerToken(token: AddedToken, id: number): RegisteredToken {
  const { content, special = false } = token;
  return {
    content,
    id,
    special,
    normalized: token.normalized ?? !special,
    singleWord: token.singleWord ?? false,
    lstrip: token.lstrip ?? false,
    rstrip: token.rstrip ?? false,
  };
}

/** Finds some tokens in texts. */
export class TokenMatcher {
  /** Candidates by first UTF-16 unit, longest first. */
  readonly #candidates = new Map<number, { pattern: string; token: RegisteredToken }[]>();
  /** The first unit of all patterns, if they share it. */
  readonly #only: string | undefined;

  /** @param patterns what to look for: a token's content, or its normalized form */
  constructor(patterns: Iterable<readonly [pattern: string, token: RegisteredToken]>) {
    for (const [pattern, token] of patterns) {
      if (pattern === '') continue;
      const unit = pattern.charCodeAt(0);
      const list = this.#candidates.get(unit);
      if (list) list.push({ pattern, token });
      else this.#candidates.set(unit, [{ pattern, token }]);
    }
    for (const list of this.#candidates.values())
      list.sort((a, b) => b.pattern.length - a.pattern.length);
    const [unit] = this.#candidates.keys();
    this.#only = this.#candidates.size === 1 ? String.fromCharCode(unit) : undefined;
  }

  get isEmpty(): boolean {
    return this.#candidates.size === 0;
  }

  /** Matches in `text`, left to right. */
  find(text: string, skipSpecial: boolean): TokenMatch[] {
    const matches: TokenMatch[] = [];
    let covered = 0;
    for (let i = this.#next(text, 0); i < text.length; ) {
      const found = this.#candidates
        .get(text.charCodeAt(i))
        ?.find(({ pattern }) => text.startsWith(pattern, i));
      if (!found) {
        i = this.#next(text, i + 1);
        continue;
      }
      const match = accept(text, found.token, i, i + found.pattern.length, covered, skipSpecial);
      if (match) {
        matches.push(match);
        covered = match.end;
      }
      i = this.#next(text, i + found.pattern.length);
    }
    return matches;
  }

  #next(text: string, from: number): number {
    if (this.#candidates.size === 0) return text.length;
    if (this.#only !== undefined) {
      const at = text.indexOf(this.#only, from);
      return at < 0 ? text.length : at;
    }
    return from;
  }
}

const WORD_BEFORE = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]$/u;
const WORD_AFTER = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]/u;
const WHITE_SPACE = /[\p{White_Space}]/u;

function accept(
  text: string,
  token: RegisteredToken,
  start: number,
  end: number,
  covered: number,
  skipSpecial: boolean,
): TokenMatch | undefined {
  if (skipSpecial && token.special) return undefined;
  if (token.singleWord) {
    if (WORD_BEFORE.test(text.slice(Math.max(0, start - 2), start))) return undefined;
    if (WORD_AFTER.test(text.slice(end, end + 2))) return undefined;
  }
  let from = start;
  let to = end;
  if (token.lstrip) while (from > covered && WHITE_SPACE.test(text[from - 1])) from--;
  if (token.rstrip) while (to < text.length && WHITE_SPACE.test(text[to])) to++;
  return { token, start: from, end: to };
}
