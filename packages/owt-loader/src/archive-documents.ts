// One archive member or file in memory to its documents: compression off, a tar inside taken apart in
// lexicographic order of names as Hugging Face reads it, JSON lines parsed, a plain text taken whole.
//
// Bounded: a member of OpenWebText is a megabyte or two; one that grows over 256 MiB is refused.

import { ByteReader, type ByteStream, collect } from './byte-reader.js';
import { uncover } from './decompress.js';
import type { Document } from './document.js';
import { parseJsonLines } from './json-lines.js';
import { ShardError } from './shard-error.js';
import { tarEntries } from './tar.js';

const MAX_MEMBER = 1 << 28;
const MAX_ENTRIES = 1_000_000;

export async function* archiveDocuments(
  stream: ByteStream,
  name: string,
  textKey: string,
): AsyncGenerator<Document> {
  const { form, bytes } = await uncover(stream, name);
  const tooMany = (): Error => tooLarge(name, `more than ${MAX_MEMBER} bytes`, `${MAX_MEMBER}`);
  // A text that begins like JSON is a text still.
  switch (form === 'json-lines' && name.endsWith('.txt') ? 'text' : form) {
    case 'empty':
      return;
    case 'tar': {
      const documents: Document[] = [];
      let size = 0;
      for await (const entry of tarEntries(new ByteReader(bytes), name)) {
        size += entry.size + 512;
        if (size > MAX_MEMBER) throw tooMany();
        if (documents.length === MAX_ENTRIES)
          throw tooLarge(name, `more than ${MAX_ENTRIES} entries`, `${MAX_ENTRIES}`);
        if (!entry.name.endsWith('.txt')) continue;
        const body = await collect(entry.body(), MAX_MEMBER, tooMany);
        documents.push({ id: `${name}/${entry.name}`, text: decode(body) });
      }
      documents.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
      yield* documents;
      return;
    }
    case 'json-lines':
      yield* parseJsonLines(await collect(bytes, MAX_MEMBER, tooMany), name, 1, textKey);
      return;
    case 'text':
      yield { id: name, text: decode(await collect(bytes, MAX_MEMBER, tooMany)) };
      return;
    default:
      throw new ShardError(
        `${name} cannot be read as text: found ${form}, expected a tar of texts, JSON lines or text.`,
        { code: 'format', file: name, found: form },
      );
  }
}

/** UTF-8 to text; wrong bytes become U+FFFD, a byte order mark at the start goes. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function tooLarge(name: string, found: string, expected: string): ShardError {
  return new ShardError(
    `${name} is refused: found ${found}, expected at most ${expected} in one member.\n` +
      'Unpack it by hand if you trust where it comes from, and give the folder.',
    { code: 'refused', file: name, found, expected },
  );
}
