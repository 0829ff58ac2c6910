// Text to a vocabulary and shards in the run folder, and shards to batches as the trainer takes them.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import type { HostTensor, TensorSpec } from '@alectra/jit';
import {
  type Batch,
  type BatchState,
  batches,
  buildShards,
  type Document,
  openShards,
  type ShardFolder,
} from '@alectra/owt-loader';
import type { BatchSource } from '@alectra/trainer';
import { trainWordPiece, WordPieceTokenizer } from '@alectra/wordpiece';
import { idOf } from './networks.js';
import type { Recipe } from './recipe.js';

export interface TextStore {
  /** Text for the vocabulary: all of it, or as much of it as makes a good one. */
  vocabularyTexts(): Iterable<string>;
  documents(): Iterable<Document> | AsyncIterable<Document>;
}

/** The vocabulary of a run: its own file if there is one, else the recipe's, else trained on the text. */
export async function prepareVocabulary(
  folder: string,
  recipe: Recipe,
  text: TextStore,
): Promise<WordPieceTokenizer> {
  const own = join(folder, 'vocab.txt');
  if (!existsSync(own)) {
    const { file, size } = recipe.vocabulary;
    const content =
      file === ''
        ? `${trainWordPiece(text.vocabularyTexts(), { vocabSize: size }).join('\n')}\n`
        : readFileSync(file);
    await writeFileAtomic(own, content);
  }
  return WordPieceTokenizer.fromVocab(readFileSync(own));
}

/** The shards of a run: given ones, or built into the run folder; checked against tokenizer and length. */
export async function prepareShards(
  folder: string,
  recipe: Recipe,
  tokenizer: WordPieceTokenizer,
  text: TextStore,
): Promise<ShardFolder> {
  const { shards, builder, sequenceLength, heldOut } = recipe.data;
  const output = shards === '' ? join(folder, 'shards') : shards;
  const identity = { vocabulary: vocabularyHash(tokenizer), lowercase: tokenizer.config.lowercase };
  if (!existsSync(output)) {
    const { padToken, clsToken, sepToken } = tokenizer.config;
    await buildShards({
      output,
      source: text.documents(),
      encoder: { encode: (line) => tokenizer.encode(line, { addSpecialTokens: false }).ids },
      tokenizer: identity,
      vocabularySize: tokenizer.vocabSize,
      special: {
        pad: idOf(tokenizer, padToken),
        cls: idOf(tokenizer, clsToken),
        sep: idOf(tokenizer, sepToken),
      },
      length: sequenceLength,
      builder,
      seed: recipe.seed,
      heldOut,
    });
  }
  return openShards(output, {
    tokenizer: identity,
    vocabularySize: tokenizer.vocabSize,
    length: sequenceLength,
  });
}

export type TokenInputs = Readonly<
  Record<'inputIds' | 'attentionMask' | 'tokenTypeIds', TensorSpec>
>;

/** Shapes of one micro-batch: int32 `[rows, columns]` each. */
export function tokenInputs(rows: number, columns: number): TokenInputs {
  const spec = { dtype: 'int32', shape: [rows, columns] } as const;
  return { inputIds: spec, attentionMask: spec, tokenTypeIds: spec };
}

export function hostBatch({
  rows,
  columns,
  ...arrays
}: Batch): Record<keyof TokenInputs, HostTensor> {
  const tensor = (data: Int32Array): HostTensor => ({
    dtype: 'int32',
    shape: [rows, columns],
    data,
  });
  return {
    inputIds: tensor(arrays.inputIds),
    attentionMask: tensor(arrays.attentionMask),
    tokenTypeIds: tensor(arrays.tokenTypeIds),
  };
}

/** Endless training batches, shuffled by the recipe's seed. */
export function trainingBatches(shards: ShardFolder, recipe: Recipe): BatchSource {
  const source = batches({ shards, batchSize: recipe.batch.microSize, seed: recipe.seed });
  return {
    async next() {
      const batch = await source.next();
      if (!batch) throw new RangeError('pretrain: the training split has ended, expected no end.');
      return hostBatch(batch);
    },
    state: () => ({ ...source.state() }),
    seek: (state) => source.seek(state as unknown as BatchState), // written by state() above
  };
}

/** Held-out batches in the order on disk, at most `recipe.evaluation.examples` rows. */
export async function* heldOutBatches(shards: ShardFolder, recipe: Recipe): AsyncGenerator<Batch> {
  const { microSize } = recipe.batch;
  const source = batches({
    shards,
    batchSize: microSize,
    split: 'validation',
    order: 'file',
    epochs: 1,
  });
  for (let seen = 0; seen < recipe.evaluation.examples; seen += microSize) {
    const batch = await source.next();
    if (!batch) return;
    yield batch;
  }
}

function vocabularyHash(tokenizer: WordPieceTokenizer): string {
  const hash = createHash('sha256');
  for (let id = 0; id < tokenizer.vocabSize; id++) hash.update(`${tokenizer.idToToken(id)}\n`);
  return hash.digest('hex');
}
