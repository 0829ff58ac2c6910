// Tokens back to text, as the WordPiece decoder of Hugging Face's Rust code does it.

export interface DecodeOptions {
  /** Leave special tokens out. Default true. */
  readonly skipSpecialTokens?: boolean;
  /**
   * `'tokens'` (default, the Rust decoder): each token is cleaned by itself, so only spaces before
   * `. ? ! ,` go. `'text'` (Python's and transformers.js's clean_up_tokenization_spaces): the whole
   * text is cleaned, contractions too. `false`: spaces stay.
   */
  readonly cleanUp?: 'tokens' | 'text' | false;
}

/** @param tokens as in the vocabulary, those to be skipped removed */
export function decodeTokens(
  tokens: readonly string[],
  prefix: string,
  { cleanUp = 'tokens' }: DecodeOptions,
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
