// A chunk to its documents, on whatever thread it lands. The readers of Parquet and Arrow are large, and loaded when
// they are needed: a worker that never is starts in half the time.

import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveDocuments } from './archive-documents.js';
import type { ByteStream } from './byte-reader.js';
import type { Chunk, FileRange } from './chunk.js';
import { type RawDocument, withoutMark } from './document.js';
import { parseJsonLines } from './json-lines.js';
import { markdownProse } from './markdown-prose.js';

/**
 * The documents of a chunk in order. What is in memory already comes without a promise for each document.
 *
 * @param textKey names the field or column that holds the text
 */
export function readChunk(
  chunk: Chunk,
  textKey = 'text',
): Iterable<RawDocument> | AsyncIterable<RawDocument> {
  if (chunk.kind === 'documents') return chunk.documents;
  if (chunk.kind === 'json-lines')
    return parseJsonLines(chunk.bytes, chunk.name, chunk.first, textKey);
  return readStored(chunk, textKey);
}

type StoredChunk = Exclude<Chunk, { kind: 'documents' | 'json-lines' }>;

async function* readStored(chunk: StoredChunk, textKey: string): AsyncGenerator<RawDocument> {
  switch (chunk.kind) {
    case 'text-files':
      for (const path of chunk.paths)
        yield { id: path, text: withoutMark(await readFile(join(chunk.root, path))) };
      return;
    case 'markdown-files':
      for (const path of chunk.paths) {
        const text = markdownProse(await readFile(join(chunk.root, path), 'utf8')).join('\n');
        if (text) yield { id: path, text };
      }
      return;
    case 'archive': {
      const { from, name } = chunk;
      yield* archiveDocuments(
        from instanceof Uint8Array ? [from] : rangeStream(from),
        name,
        textKey,
      );
      return;
    }
    case 'row-group': {
      const texts = chunk.trusted
        ? (await import('./parquet-text.js')).rowGroupTexts(chunk, textKey)
        : (await import('./parquet-process.js')).boundedTexts(chunk, textKey);
      const { name, range } = chunk;
      for (const [i, text] of (await texts).entries())
        yield { id: `${name}:${range.first + i}`, text };
      return;
    }
    case 'arrow': {
      const { arrowDocuments, readMessages } = await import('./arrow-text.js');
      yield* arrowDocuments(await readMessages(chunk.path, chunk.messages), chunk.name, textKey);
      return;
    }
  }
}

/** The bytes of a file or of a part of it. */
export function rangeStream({ path, offset = 0, length }: FileRange): ByteStream {
  if (length === 0) return [];
  const end = length === undefined ? undefined : offset + length - 1;
  return createReadStream(path, {
    start: offset,
    ...(end !== undefined && { end }),
    highWaterMark: 1 << 18,
  });
}
