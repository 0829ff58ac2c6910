// What "stat" and "head" say of a path, whether it holds shards or raw text.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from './chunk.js';
import type { Document } from './document.js';
import { identify } from './document.js';
import { SeenDocuments } from './duplicates.js';
import { MANIFEST_NAME } from './manifest.js';
import { readBatch, type ShardFolder, shardsOf } from './open-shards.js';
import { PageMemory } from './page-memory.js';
import { readChunk } from './read-chunk.js';

/** Whether a path is a folder of our shards (finished or not). */
export function holdsShards(path: string): boolean {
  return existsSync(join(path, MANIFEST_NAME));
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The documents of a source, one after another. */
export async function* documentsOf(source: Source, textKey = 'text'): AsyncGenerator<Document> {
  const pages = new PageMemory();
  for await (const chunk of source.chunks())
    for await (const { id, text } of await readChunk(chunk, textKey, pages))
      yield { id, text: typeof text === 'string' ? text : UTF8.decode(text) };
}

export interface TextStatistics {
  readonly found: string;
  readonly documents: number;
  readonly duplicates: number;
  readonly characters: number;
  readonly longest: number;
}

/** Reads all of a source and counts. */
export async function textStatistics(source: Source, textKey = 'text'): Promise<TextStatistics> {
  const seen = new SeenDocuments();
  const count = { documents: 0, duplicates: 0, characters: 0, longest: 0 };
  for await (const { text } of documentsOf(source, textKey)) {
    count.documents++;
    count.characters += text.length;
    count.longest = Math.max(count.longest, text.length);
    if (!seen.add(identify(text))) count.duplicates++;
  }
  return { found: source.found, ...count };
}

export interface ExampleRow {
  readonly document: number;
  readonly length: number;
  readonly split: number;
  readonly ids: readonly number[];
}

/** The first rows of a split, in file order, without padding. */
export async function firstRows(
  shards: ShardFolder,
  split: 'train' | 'validation',
  count: number,
): Promise<ExampleRow[]> {
  const L = shards.manifest.configuration.length;
  const rows: ExampleRow[] = [];
  for (const shard of shardsOf(shards, split))
    for (let batch = 0; batch < shard.batches.length; batch++) {
      const columns = await readBatch(shards, shard, batch);
      for (let row = 0; row < columns.rows; row++) {
        if (rows.length === count) return rows;
        const length = columns.lengths[row] ?? 0;
        rows.push({
          document: columns.documents[row] ?? 0,
          length,
          split: columns.splits[row] ?? 0,
          ids: [...columns.ids.subarray(row * L, row * L + length)],
        });
      }
    }
  return rows;
}
