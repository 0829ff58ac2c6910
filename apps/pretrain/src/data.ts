// Text to a vocabulary and shards in the run folder, and shards to batches as the trainer takes them.

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import type { HostTensor, TensorSpec } from '@alectra/jit';
import {
  type Batch,
  type BatchState,
  batches,
  buildShards,
  openShards,
  type ShardFolder,
  wordPiece,
} from '@alectra/owt-loader';
import type { BatchSource } from '@alectra/trainer';
import { trainWordPiece, WordPieceTokenizer } from '@alectra/wordpiece';
import type { Recipe } from './recipe.js';
import type { TextSource } from './text-source.js';

/** Text beyond this does not change a vocabulary much, and is held in memory while it is counted. */
const VOCABULARY_CHARACTERS = 200e6;
/** Below this many bytes starting worker threads takes longer than tokenising. */
const BYTES_FOR_WORKERS = 20e6;

/** The vocabulary of a run: its own file if there is one, else the recipe's, else trained on the text. */
export async function prepareVocabulary(
  folder: string,
  { vocabulary: { file, size }, model }: Recipe,
  text: TextSource,
): Promise<WordPieceTokenizer> {
  const own = vocabularyFile(folder);
  if (!existsSync(own)) {
    const content =
      file === ''
        ? trainWordPiece(await text.sample(VOCABULARY_CHARACTERS), { vocabSize: size })
            .map((piece) => `${piece}\n`)
            .join('')
        : readFileSync(file);
    await writeFileAtomic(own, content);
  }
  return WordPieceTokenizer.fromVocab(readFileSync(own), {
    modelMaxLength: model.maxPositionEmbeddings,
  });
}

/** The shards of a run: given ones, or built into the run folder; checked against tokenizer and length. */
export async function prepareShards(
  folder: string,
  recipe: Recipe,
  text: TextSource,
): Promise<ShardFolder> {
  const { shards, builder, sequenceLength: length, heldOut } = recipe.data;
  const output = shards === '' ? join(folder, 'shards') : shards;
  const parts = await wordPiece({ path: vocabularyFile(folder) });
  if (!existsSync(output)) {
    const workers = (text.bytes ?? 0) > BYTES_FOR_WORKERS ? availableParallelism() : 0;
    const { seed } = recipe;
    await buildShards({ ...parts, output, source: text, length, builder, seed, heldOut, workers });
  }
  const { tokenizer, vocabularySize } = parts;
  return openShards(output, { tokenizer, vocabularySize, length });
}

function vocabularyFile(folder: string): string {
  return join(folder, 'vocab.txt');
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
