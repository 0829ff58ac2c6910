// Batches for a comparison: prose to a vocabulary, to shards, to the endless batches of the loader.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BatchSource,
  batches,
  buildShards,
  type Document,
  documentSource,
  documentsOf,
  gatherMarkdown,
  openShards,
  openSource,
  wordPiece,
} from '@alectra/owt-loader';
import { trainWordPiece, WordPieceTokenizer } from '@alectra/wordpiece';

export interface PreparedBatches {
  readonly source: BatchSource;
  /** Entries of the vocabulary. */
  readonly vocabulary: number;
  readonly mask: number;
  /** Ids of [CLS], [SEP] and [MASK]. */
  readonly neverMasked: readonly number[];
  readonly documents: number;
}

export interface BatchPlan {
  /** Where vocabulary and shards are written. */
  readonly folder: string;
  /** Paths of text; none for the Markdown files of the installed packages. */
  readonly text: readonly string[];
  /** Largest vocabulary. */
  readonly vocabulary: number;
  readonly rows: number;
  readonly length: number;
  readonly seed: number;
}

export async function prepareBatches(plan: BatchPlan): Promise<PreparedBatches> {
  const { folder, rows, length, seed } = plan;
  const documents = await documentsFrom(plan.text);
  const file = join(folder, 'vocab.txt');
  const texts = documents.map(({ text }) => text);
  const pieces = trainWordPiece(texts, { vocabSize: plan.vocabulary });
  await writeFile(file, pieces.map((piece) => `${piece}\n`).join(''));
  const output = join(folder, 'shards');
  const source = documentSource(documents, `${documents.length} documents`);
  await buildShards({ ...(await wordPiece({ path: file })), output, source, length, seed });
  const shards = await openShards(output);
  const tokenizer = await WordPieceTokenizer.fromPretrained(folder);
  const [mask = 0, ...others] = ['[MASK]', '[CLS]', '[SEP]'].map(
    (token) => tokenizer.tokenToId(token) ?? 0,
  );
  return {
    source: batches({ shards, batchSize: rows, seed }),
    vocabulary: pieces.length,
    mask,
    neverMasked: [mask, ...others],
    documents: documents.length,
  };
}

async function documentsFrom(paths: readonly string[]): Promise<readonly Document[]> {
  if (paths.length === 0) {
    if (!existsSync('node_modules'))
      throw new RangeError(
        'reproduce: there is no node_modules here, expected one.\nRun npm ci in the repository, or give --text.',
      );
    return (await gatherMarkdown(['node_modules'])).documents;
  }
  const documents: Document[] = [];
  for (const path of paths)
    for await (const document of documentsOf(await openSource(path))) documents.push(document);
  return documents;
}
