// Hugging Face's clean-up of OpenWebText documents, an option because it changes every hash:
// runs of three or more line breaks become two, then white space at both ends goes.

// Python's str.strip(), which differs from String.prototype.trim in U+001C..U+001F, U+0085 and U+FEFF.
const SPACE =
  '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const ENDS = new RegExp(`^${SPACE}+|${SPACE}+$`, 'g');

/** The text as the Hugging Face copy of OpenWebText has it. */
export function cleanAsHuggingFace(text: string): string {
  return text.replace(/\n{3,}/g, '\n\n').replace(ENDS, '');
}
