// Text to sentences, by rule: in web text a line is a paragraph, and a builder that takes lines for sentences
// loses or cuts a third of it (reference: openwebtext-and-glue 1e).
//
// A line break always ends a sentence. Within a line a full stop, question or exclamation mark ends one when
// white space follows and then something that can open a sentence, unless the word before the stop is an
// abbreviation or an initial. Nothing is lost: the sentences of a text hold all its non-blank characters.
//
// The text is UTF-8 and its sentences become lines in place (assembly/sentences.ts): corpora are read without making
// a string.

import { TextMemory } from './text-memory.js';

const USUAL_BYTES = 1 << 16;
const KEPT_BYTES = 1 << 22;

let memory: TextMemory | undefined;

/** The sentences of a text in order, trimmed, none empty. */
export function splitSentences(text: string): string[] {
  memory ??= new TextMemory(USUAL_BYTES);
  memory.reserve(3 * text.length);
  const { bytes } = memory;
  const length = bytes.write(text);
  memory.sentencesToLines(0, length);
  if (bytes.length > KEPT_BYTES) memory = undefined;
  const lines = bytes.toString('utf8', 0, length).split('\n');
  return lines.map((line) => line.trim()).filter(Boolean);
}

/** The pieces of a text that become lines of their own: a method of {@link TextMemory}. */
export type Splitter = 'sentencesToLines' | 'linesToLines';
