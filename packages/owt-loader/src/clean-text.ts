// Hugging Face's clean-up of OpenWebText documents, an option because it changes every hash:
// runs of three or more line breaks become two, then white space at both ends goes.

import { endOfText, startOfText } from './white-space.js';

const LINE_FEED = 10;
const THREE_BREAKS = Buffer.from('\n\n\n');

/**
 * Makes the text in place what the Hugging Face copy of OpenWebText has.
 *
 * @param text UTF-8
 * @returns how many bytes of it are left
 */
export function cleanAsHuggingFace(text: Buffer): number {
  let read = 0;
  let written = 0;
  for (;;) {
    const run = text.indexOf(THREE_BREAKS, read);
    const end = run < 0 ? text.length : run + 2;
    if (written < read) text.copyWithin(written, read, end);
    written += end - read;
    if (run < 0) break;
    read = end;
    while (text[read] === LINE_FEED) read++;
  }
  const start = startOfText(text, 0, written);
  const end = endOfText(text, start, written);
  if (start > 0) text.copyWithin(0, start, end);
  return end - start;
}
