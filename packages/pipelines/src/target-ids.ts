// Which ids the words of `targets` stand for.

import { InputError } from './input-error.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * Ids of the words, each once: by the vocabulary, else of the first piece.
 *
 * @throws InputError when none of them means anything
 */
export function targetIds(
  tokenizer: Tokenizer,
  targets: string | readonly string[],
  onWarning: (message: string) => void = () => {},
): number[] {
  const ids = new Set<number>();
  for (const target of wordsOf(targets)) {
    const id = tokenizer.tokenToId(target) ?? firstPiece(tokenizer, target, onWarning);
    if (id !== undefined) ids.add(id);
  }
  if (ids.size > 0) return [...ids];
  throw new InputError(
    'bad-option',
    'cannot use `targets`: At least one target must be provided when passed.\nName words, or leave targets out.',
  );
}

function wordsOf(targets: unknown): readonly string[] {
  const words: unknown[] = Array.isArray(targets) ? targets : [targets];
  return words.map((word) => {
    if (typeof word === 'string') return word;
    throw new InputError(
      'bad-option',
      `cannot use \`targets\`: found ${typeof word}, expected a string or a list of strings.\nCorrect the option.`,
    );
  });
}

function firstPiece(
  tokenizer: Tokenizer,
  target: string,
  onWarning: (message: string) => void,
): number | undefined {
  const id: number | undefined = tokenizer.encode(target, { addSpecialTokens: false }).ids[0];
  const missing = `The specified target token \`${target}\` does not exist in the model vocabulary. `;
  onWarning(
    missing +
      (id === undefined
        ? 'We cannot replace it with anything meaningful, ignoring it'
        : `Replacing with \`${tokenizer.idToToken(id)}\`.`),
  );
  return id;
}
