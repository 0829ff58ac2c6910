// Model folders so small that loading takes a moment, and a folder of runs as apps/pretrain leaves it.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AlbertForMaskedLM,
  AlbertForSequenceClassification,
  AlbertForTokenClassification,
  albertConfig,
  albertConfigToJson,
} from '@alectra/albert';
import { fromHostTensor, writeModelFolder } from '@alectra/checkpoint';
import { WordPieceTokenizer } from '@alectra/wordpiece';

const WORDS =
  'the a cat dog bird friend old my sees likes follows finds capital of is paris in and house tree red blue green'.split(
    ' ',
  );
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789.,!?\'"-:;()'.split('');

export const TINY_VOCABULARY: readonly string[] = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  ...WORDS,
  ...LETTERS.filter((letter) => !WORDS.includes(letter)),
  ...LETTERS.filter((letter) => /\w/.test(letter)).map((letter) => `##${letter}`),
];

const CLASSES = {
  'masked-lm': AlbertForMaskedLM,
  'token-classification': AlbertForTokenClassification,
  'sequence-classification': AlbertForSequenceClassification,
} as const;

export interface TinyModelOptions {
  readonly head?: keyof typeof CLASSES;
  readonly labels?: readonly string[];
  /** Longest input in tokens. Default 64. */
  readonly maxTokens?: number;
  readonly seed?: number;
  /** What stands in every weight instead of random numbers. */
  readonly fill?: number;
  /** Default 16; the other sizes follow. */
  readonly hiddenSize?: number;
}

/** Writes a random ALBERT with its tokenizer into `folder`. */
export async function tinyModel(
  folder: string,
  {
    head = 'masked-lm',
    labels,
    maxTokens = 64,
    seed = 1,
    fill,
    hiddenSize = 16,
  }: TinyModelOptions = {},
): Promise<string> {
  const config = albertConfig({
    vocabSize: TINY_VOCABULARY.length,
    embeddingSize: 16,
    hiddenSize,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 2 * hiddenSize,
    maxPositionEmbeddings: maxTokens,
    initializerRange: 0.5,
    ...(labels && { id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])) }),
  });
  const kind = CLASSES[head];
  const tensors = kind.initialTensors(config, { seed });
  const weights = Object.entries(tensors).map(([name, tensor]) => {
    if (fill !== undefined) tensor.data.fill(fill);
    return [name, fromHostTensor(tensor)] as const;
  });
  await writeModelFolder(folder, {
    config: albertConfigToJson(config, kind.architecture),
    weights: Object.fromEntries(weights),
  });
  const tokenizer = WordPieceTokenizer.fromVocab([...TINY_VOCABULARY], {
    modelMaxLength: maxTokens,
  });
  await tokenizer.save(folder);
  return folder;
}

/** A new folder `runs` with one finished run `toy` in it. The caller removes its parent. */
export async function tinyRuns(): Promise<string> {
  const runs = join(mkdtempSync(join(tmpdir(), 'serve-')), 'runs');
  const run = join(runs, 'toy');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'config.json'), '{}');
  writeFileSync(join(run, 'metrics.jsonl'), '');
  await tinyModel(join(run, 'model/generator'));
  await tinyModel(join(run, 'model/discriminator'), {
    head: 'token-classification',
    labels: ['ORIGINAL', 'REPLACED'],
  });
  return runs;
}
