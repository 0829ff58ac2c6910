// One archive member or file in memory to its documents: compression off, a tar inside taken apart in
// lexicographic order of names as Hugging Face reads it, JSON lines parsed, a plain text taken whole.
//
// Bounded: a member of OpenWebText is a megabyte or two; one that grows over 256 MiB is refused.

import { type ByteStream, collect } from './byte-reader.js';
import { uncover } from './decompress.js';
import { type RawDocument, withoutMark } from './document.js';
import { parseJsonLines } from './json-lines.js';
import { byCodeUnit, isLitter } from './list-files.js';
import { ShardError } from './shard-error.js';
import { type TarFile, tarFiles } from './tar.js';

const MAX_MEMBER = 1 << 28;

/** The documents, those of JSON lines each valid until the next is asked for. */
export async function archiveDocuments(
  stream: ByteStream,
  name: string,
  textKey: string,
): Promise<Iterable<RawDocument>> {
  const { form, bytes } = await uncover(stream, name);
  const whole = (): Promise<Uint8Array> => collect(bytes, MAX_MEMBER, () => tooLarge(name));
  // A text that begins like JSON is a text still.
  switch (form === 'json-lines' && name.endsWith('.txt') ? 'text' : form) {
    case 'empty':
      return [];
    case 'tar': {
      const isText = (file: TarFile): boolean => file.name.endsWith('.txt') && !isLitter(file.name);
      const files = [...tarFiles(await whole(), name)].filter(isText);
      files.sort((a, b) => byCodeUnit(a.name, b.name));
      return files.map((file) => ({ id: `${name}/${file.name}`, text: withoutMark(file.body) }));
    }
    case 'json-lines':
      return parseJsonLines(await whole(), name, 1, textKey);
    case 'text':
      return [{ id: name, text: withoutMark(await whole()) }];
    default:
      throw new ShardError(
        `${name} cannot be read as text: found ${form}, expected a tar of texts, JSON lines or text.`,
        { code: 'format', file: name, found: form },
      );
  }
}

function tooLarge(name: string): ShardError {
  const found = `more than ${MAX_MEMBER} bytes`;
  const expected = `at most ${MAX_MEMBER} in one member`;
  return new ShardError(
    `${name} is refused: found ${found}, expected ${expected}.\n` +
      'Unpack it by hand if you trust where it comes from, and give the folder.',
    { code: 'refused', file: name, found, expected },
  );
}
