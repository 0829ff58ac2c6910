// A chunk to its documents, on whatever thread it lands. Readers of one format are loaded when they are needed: a worker
// that never is starts in half the time.

import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteStream } from './byte-reader.js';
import type { Chunk, FileRange, RowGroupChunk } from './chunk.js';
import { type RawDocument, withoutMark } from './document.js';
import { parseJsonLines } from './json-lines.js';
import { markdownProse } from './markdown-prose.js';
import type { PageMemory } from './page-memory.js';

/**
 * The documents of a chunk in order. What is in memory already comes without a promise for each document.
 *
 * @param textKey names the field or column that holds the text
 * @param pages where texts of Parquet files lie, until it is used for another chunk
 */
export async function readChunk(
  chunk: Chunk,
  textKey: string,
  pages: PageMemory,
): Promise<Iterable<RawDocument> | AsyncIterable<RawDocument>> {
  switch (chunk.kind) {
    case 'documents':
      return chunk.documents;
    case 'json-lines':
      return parseJsonLines(chunk.bytes, chunk.name, chunk.first, textKey);
    case 'text-files':
      return textFiles(chunk.root, chunk.paths);
    case 'markdown-files':
      return markdownFiles(chunk.root, chunk.paths);
    case 'archive': {
      const { from, name } = chunk;
      const stream = from instanceof Uint8Array ? [from] : rangeStream(from);
      const { archiveDocuments } = await import('./archive-documents.js');
      return archiveDocuments(stream, name, textKey);
    }
    case 'row-group': {
      const { name, range } = chunk;
      const texts = await rowTexts(chunk, textKey, pages);
      return texts.map((text, i) => ({ id: `${name}:${range.first + i}`, text }));
    }
    case 'arrow': {
      const { arrowDocuments, readMessages } = await import('./arrow-text.js');
      return arrowDocuments(await readMessages(chunk.path, chunk.messages), chunk.name, textKey);
    }
  }
}

/** Read here if that is safe, else by a process that can be ended. */
async function rowTexts(
  chunk: RowGroupChunk,
  textKey: string,
  pages: PageMemory,
): Promise<readonly Uint8Array[]> {
  const texts = await (await import('./parquet-pages.js')).pageTexts(chunk, textKey, pages);
  if (texts) return texts;
  return chunk.trusted
    ? (await import('./parquet-text.js')).rowGroupTexts(chunk, textKey)
    : (await import('./parquet-process.js')).boundedTexts(chunk, textKey);
}

async function* textFiles(root: string, paths: readonly string[]): AsyncGenerator<RawDocument> {
  for (const path of paths) yield { id: path, text: withoutMark(await readFile(join(root, path))) };
}

async function* markdownFiles(root: string, paths: readonly string[]): AsyncGenerator<RawDocument> {
  for (const path of paths) {
    const text = markdownProse(await readFile(join(root, path), 'utf8')).join('\n');
    if (text) yield { id: path, text };
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
