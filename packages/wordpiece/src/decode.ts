// Tokens back to text, as the WordPiece decoder of Hugging Face's Rust code does it.

import { requireFlags, requireKnown, requireOneOf } from './option-checks.js';

export interface DecodeOptions {
  /** Leave special tokens out. Default true. */
  readonly skipSpecialTokens?: boolean;
  /**
   * `'tokens'` (the Rust decoder): each token is cleaned by itself, so only spaces before `. ? ! ,` go.
   * `'text'` (Python's and transformers.js's clean_up_tokenization_spaces): the whole text is cleaned,
   * contractions too. `false`: spaces stay. Default `'tokens'`, or `false` if the tokenizer has `cleanup: false`.
   */
  readonly cleanUp?: 'tokens' | 'text' | false;
}

/** @throws RangeError for unknown names and impossible values */
export function resolveDecodeOptions(
  options: DecodeOptions,
  isCleaning: boolean,
): Required<DecodeOptions> {
  requireKnown(options, ['skipSpecialTokens', 'cleanUp']);
  requireFlags(options, ['skipSpecialTokens']);
  const { skipSpecialTokens = true, cleanUp = isCleaning ? 'tokens' : false } = options;
  requireOneOf('cleanUp', cleanUp, ['tokens', 'text', false]);
  return { skipSpecialTokens, cleanUp };
}

/** @param tokens as in the vocabulary, those to be skipped removed */
export function decodeTokens(
  tokens: readonly string[],
  prefix: string,
  cleanUp: DecodeOptions['cleanUp'],
): string {
  const parts = tokens.map((token, i) => {
    if (i === 0) return cleanUp === 'tokens' ? cleanSpaces(token) : token;
    const part = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
    return cleanUp === 'tokens' ? cleanSpaces(part) : part;
  });
  const text = parts.join('');
  return cleanUp === 'text' ? cleanSpaces(text) : text;
}

function cleanSpaces(text: string): string {
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}
