// The text of a run: any paths that @alectra/owt-loader reads, as one source, and a sample of it for the vocabulary.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Chunk,
  type Document,
  documentSource,
  gatherMarkdown,
  openSource,
  type Source,
} from '@alectra/owt-loader';
import { UsageError } from './usage-error.js';

export interface TextSource extends Source {
  /** Texts for training a vocabulary, up to about this many characters. */
  sample(characters: number): Promise<string[]>;
}

/** All of `paths`, one after another. */
export async function openTexts(paths: readonly string[]): Promise<TextSource> {
  const sources = await Promise.all(paths.map((path) => openSource(path)));
  const bytes = sources.reduce((sum, source) => sum + (source.bytes ?? Number.NaN), 0);
  return withSample({
    found: sources.map(({ found }) => found).join('; '),
    ...(Number.isFinite(bytes) && { bytes }),
    async *chunks() {
      for (const source of sources) yield* source.chunks();
    },
  });
}

/** Documents at hand. */
export function textsOf(documents: readonly Document[], found: string): TextSource {
  return withSample(documentSource(documents, found));
}

function withSample(source: Source): TextSource {
  return {
    ...source,
    async sample(characters) {
      const texts: string[] = [];
      let taken = 0;
      for await (const chunk of source.chunks()) {
        for (const text of await textsOfChunk(chunk)) {
          if (taken >= characters) return texts;
          texts.push(text);
          taken += text.length;
        }
      }
      return texts;
    },
  };
}

async function textsOfChunk(chunk: Chunk): Promise<string[]> {
  switch (chunk.kind) {
    case 'documents':
      return chunk.documents.map(({ text }) => text);
    case 'text-files':
      return Promise.all(chunk.paths.map((path) => readFile(join(chunk.root, path), 'utf8')));
    case 'markdown-files': {
      const gathered = await gatherMarkdown(chunk.paths.map((path) => join(chunk.root, path)));
      return gathered.documents.map(({ text }) => text);
    }
    case 'json-lines':
      return Buffer.from(chunk.bytes).toString('utf8').split('\n').flatMap(textOfLine);
    default:
      throw new UsageError(
        `pretrain: a vocabulary cannot be trained on ${chunk.kind} data: expected text, Markdown or JSON lines.\n` +
          'Give a vocabulary with --vocabulary vocab.txt.',
      );
  }
}

// Damaged lines are reported when the shards are built; a vocabulary does without them.
function textOfLine(line: string): string[] {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'string') return [value];
    const { text } = value as { text?: unknown };
    if (Array.isArray(text)) return [text.join('\n')];
    return typeof text === 'string' ? [text] : [];
  } catch {
    return [];
  }
}
