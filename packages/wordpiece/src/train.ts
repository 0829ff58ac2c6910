// Learns a WordPiece vocabulary from text, by the rules of Hugging Face's WordPieceTrainer.
//
// Count words; the vocabulary starts with the special tokens and the alphabet; then the most frequent
// adjacent pair is joined, again and again (byte-pair encoding used to choose pieces). Unlike there,
// nothing depends on the order of a hash map: ties go to the smaller pair of ids, the alphabet is cut
// by count, then code point, and `##c` forms follow in code-point order. The same counts give the same
// vocabulary (reference/wordpiece.md 6).

import { requireIterable, requireText, requireTexts } from './arguments.js';
import { buildBehaviour } from './behaviour.js';
import { mergePairs } from './merge-pairs.js';
import { requireCount, requireFlags, requireKnown } from './option-checks.js';
import { MAX_ID } from './vocabulary.js';
import { WordCounter } from './word-counter.js';

export interface TrainOptions {
  /** Entries to learn, special tokens included. Default 30,522. */
  readonly vocabSize?: number;
  /** A pair is joined only if it occurs at least this often. Default 2. */
  readonly minFrequency?: number;
  /** At most this many different characters. Default 1,000. */
  readonly limitAlphabet?: number;
  /** Characters to have whatever their count, within the limit. */
  readonly initialAlphabet?: readonly string[];
  /** The first entries. Default `[PAD] [UNK] [CLS] [SEP] [MASK]`. */
  readonly specialTokens?: readonly string[];
  /** Longest piece in code points, the prefix not counted. Default: no limit. */
  readonly maxTokenLength?: number;
  /** Default true. */
  readonly lowercase?: boolean;
  /** Default: as `lowercase`. */
  readonly stripAccents?: boolean;
  /** Default true. */
  readonly cleanText?: boolean;
  /** Default true. */
  readonly handleChineseChars?: boolean;
}

const OPTIONS = [
  'vocabSize',
  'minFrequency',
  'limitAlphabet',
  'initialAlphabet',
  'specialTokens',
  'maxTokenLength',
  'lowercase',
  'stripAccents',
  'cleanText',
  'handleChineseChars',
];
const SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const PREFIX = '##';

/**
 * Learns a vocabulary; the lines of its vocab.txt, in id order.
 *
 * @param texts read once, in any order: the result depends only on how often each word occurs
 * @throws TypeError for texts that are not strings
 * @throws RangeError for impossible options, or if special tokens and alphabet alone exceed `vocabSize`
 */
export function trainWordPiece(texts: Iterable<string>, options: TrainOptions = {}): string[] {
  if (typeof texts === 'string')
    throw new TypeError(
      `wordpiece: cannot train on one string: each of its characters would be a text.\nPut it into an array.`,
    );
  requireIterable(texts, 'texts', 'an iterable of strings');
  const counter = newCounter(options);
  for (const text of texts) {
    if (typeof text !== 'string') requireText(text, 'one of texts', 'Pass strings');
    counter.add(text);
  }
  return learnVocabulary(counter.words(), options);
}

/** A counter of words as the normalizer of these options sees them. */
export function newCounter(options: TrainOptions): WordCounter {
  checkTrainOptions(options);
  const { lowercase = true, cleanText = true, handleChineseChars = true } = options;
  const { stripAccents = lowercase } = options;
  return new WordCounter(
    buildBehaviour({ lowercase, stripAccents, cleanText, handleChineseChars }),
  );
}

function checkTrainOptions(options: TrainOptions): void {
  requireKnown(options, OPTIONS);
  requireFlags(options, ['lowercase', 'stripAccents', 'cleanText', 'handleChineseChars']);
  const { initialAlphabet, specialTokens } = options;
  if (initialAlphabet !== undefined) requireTexts(initialAlphabet, 'initialAlphabet');
  if (specialTokens !== undefined) requireTexts(specialTokens, 'specialTokens');
  const { vocabSize = 1, minFrequency = 0, limitAlphabet = 0, maxTokenLength = 1 } = options;
  requireCount('vocabSize', vocabSize, 1);
  requireCount('minFrequency', minFrequency, 0);
  requireCount('limitAlphabet', limitAlphabet, 0);
  if (maxTokenLength !== Number.POSITIVE_INFINITY)
    requireCount('maxTokenLength', maxTokenLength, 1);
  if (vocabSize > MAX_ID + 1)
    throw new RangeError(
      `wordpiece: cannot train a vocabulary of ${vocabSize} entries, expected at most ${MAX_ID + 1}.\nLower vocabSize.`,
    );
}

/**
 * The second half of training: from words and their counts to the vocabulary.
 *
 * @param counted each word once; sorted here, in place
 */
export function learnVocabulary(
  counted: (readonly [string, number])[],
  options: TrainOptions = {},
): string[] {
  const {
    vocabSize = 30522,
    minFrequency = 2,
    limitAlphabet = 1000,
    initialAlphabet = [],
    specialTokens = SPECIAL_TOKENS,
    maxTokenLength = Number.POSITIVE_INFINITY,
  } = options;
  // in a fixed order, so that the merges below do not depend on the order of the texts
  const words = counted.sort(([a], [b]) => (a < b ? -1 : 1));
  const alphabet = chooseAlphabet(words, limitAlphabet, initialAlphabet);
  const tokens = [...new Set([...specialTokens, ...alphabet])];
  const first = new Map(tokens.map((token, id) => [token, id]));
  const continuing = new Set<string>();
  for (const [word] of words) {
    let index = 0;
    for (const c of word) if (index++ > 0 && first.has(c)) continuing.add(c);
  }
  const next = new Map<string, number>();
  for (const c of [...continuing].sort(byCodePoint)) {
    const known = first.get(PREFIX + c);
    next.set(c, known ?? tokens.push(PREFIX + c) - 1);
  }
  if (tokens.length > vocabSize)
    throw new RangeError(
      `wordpiece: cannot train a vocabulary of ${vocabSize} entries: the special tokens and the characters of the text, alone and with ${PREFIX}, make ${tokens.length}.\n` +
        `Raise vocabSize or lower limitAlphabet (${limitAlphabet}).`,
    );
  // characters that are not kept are left out, and those after them continue the word all the same
  const symbols = words.map(([word]) => {
    const ids: number[] = [];
    let index = 0;
    for (const c of word) {
      const id = (index++ === 0 ? first : next).get(c);
      if (id !== undefined) ids.push(id);
    }
    return ids;
  });
  mergePairs({
    tokens,
    words: symbols,
    counts: words.map(([, count]) => count),
    vocabSize,
    minFrequency,
    maxTokenLength,
    prefix: PREFIX,
  });
  return tokens;
}

/** The characters asked for, then the most frequent ones, up to the limit; in code-point order. */
function chooseAlphabet(
  words: readonly (readonly [string, number])[],
  limit: number,
  initial: readonly string[],
): string[] {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    for (const c of word) counts.set(c, (counts.get(c) ?? 0) + count);
  }
  // as in Hugging Face's trainer, only the first character of each given string counts
  const wanted = new Set(initial.flatMap((text) => [...text].slice(0, 1)));
  for (const c of wanted) counts.set(c, Number.POSITIVE_INFINITY);
  return [...counts]
    .sort(([a, m], [b, n]) => (m === n ? byCodePoint(a, b) : m < n ? 1 : -1))
    .slice(0, limit)
    .map(([c]) => c)
    .sort(byCodePoint);
}

function byCodePoint(a: string, b: string): number {
  return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0);
}
