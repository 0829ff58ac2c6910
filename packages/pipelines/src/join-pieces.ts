// Tokens to a word or words, as the decoder of Hugging Face's WordPiece tokenizers joins them.

/** @param prefix what marks a piece that continues a word */
export function joinPieces(tokens: readonly string[], prefix: string): string {
  return tokens
    .map((token, at) => {
      if (at === 0) return token;
      return token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
    })
    .map(cleanSpaces)
    .join('');
}

/** Spaces that English does not have. */
const NARROWER = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

const cleanSpaces = (part: string): string =>
  NARROWER.reduce((text, [wide, narrow]) => text.replaceAll(wide, narrow), part);
