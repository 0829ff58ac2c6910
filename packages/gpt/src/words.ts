// A text's words as GPT's tokenizer sees them: folded, split at spaces, punctuation and Chinese characters apart.

import { BY_ITSELF, codePoints, hangulJamo, IN_WORD, LEFT_OUT } from './code-points.js';

/** The words of `text`, in order. */
export function splitWords(text: string): string[] {
  const { kinds, folded } = codePoints();
  const words: string[] = [];
  let word = '';
  const end = (): void => {
    if (word !== '') words.push(word);
    word = '';
  };
  for (const char of text) {
    const code = char.codePointAt(0) as number; // a character has one
    const kind = kinds[code];
    if (kind === LEFT_OUT) continue;
    const isSyllable = code >= 0xac00 && code < 0xd7a4;
    const written = isSyllable ? hangulJamo(code) : (folded.get(code) ?? char);
    if (kind === IN_WORD) {
      word += written;
      continue;
    }
    end();
    if (kind === BY_ITSELF) words.push(written);
  }
  end();
  return words;
}
