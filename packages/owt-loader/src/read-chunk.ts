// A chunk to its documents, on whatever thread it lands.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chunk } from './chunk.js';
import type { Document } from './document.js';
import { parseJsonLines } from './json-lines.js';
import { markdownProse } from './markdown-prose.js';

/** The documents of a chunk in order. `textKey` names the field of JSON objects that holds the text. */
export async function* readChunk(chunk: Chunk, textKey = 'text'): AsyncGenerator<Document> {
  switch (chunk.kind) {
    case 'documents':
      yield* chunk.documents;
      return;
    case 'text-files':
      for (const path of chunk.paths)
        yield { id: path, text: await readFile(join(chunk.root, path), 'utf8') };
      return;
    case 'markdown-files':
      for (const path of chunk.paths) {
        const text = markdownProse(await readFile(join(chunk.root, path), 'utf8')).join('\n');
        if (text) yield { id: path, text };
      }
      return;
    case 'json-lines':
      yield* parseJsonLines(chunk.bytes, chunk.name, chunk.first, textKey);
      return;
  }
}
