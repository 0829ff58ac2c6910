// A small ALBERT with random weights and a small vocabulary, for tests.

import {
  type AlbertConfig,
  AlbertForMaskedLM,
  AlbertForSequenceClassification,
  AlbertForTokenClassification,
  AlbertModel,
  albertConfig,
  albertMaskedLM,
  albertTokenClassifier,
} from '@alectra/albert';
import { registerKernels } from '@alectra/nn';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import * as tf from '@tensorflow/tfjs';
import type {
  Features,
  MaskedLM,
  Network,
  ReplacedTokenModel,
  SequenceLogits,
  TokenLogits,
} from './model.js';

const WORDS =
  "the cat sat on mat dog log a and is was in of to it he she they very big small red blue . , ! ? not do don ' s t ##s ##ing ##ed ##er ##ly un";

export const tokenizer: WordPieceTokenizer = WordPieceTokenizer.fromVocab([
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  ...WORDS.split(' '),
]);

export const config: AlbertConfig = albertConfig({
  vocabSize: tokenizer.vocabSize,
  embeddingSize: 8,
  hiddenSize: 16,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 32,
  maxPositionEmbeddings: 40,
  initializerRange: 0.5,
  numLabels: 3,
  id2label: { 0: 'O', 1: 'B-PER', 2: 'I-PER' },
});

/** Kernels that the models need on the backend of engine `eager`. */
export async function ready(): Promise<void> {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  registerKernels();
}

const seed = { seed: 1 };

export const maskedLM: MaskedLM = {
  config,
  params: AlbertForMaskedLM.initialTensors(config, seed),
  ...albertMaskedLM(config),
};

export const discriminator: ReplacedTokenModel = {
  config,
  params: AlbertForTokenClassification.initialTensors({ ...config, numLabels: 2 }, seed),
  ...albertTokenClassifier({ ...config, numLabels: 2 }),
};

export const sequenceClassifier: Network<AlbertConfig, SequenceLogits> = {
  config,
  params: AlbertForSequenceClassification.initialTensors(config, seed),
  forward: AlbertForSequenceClassification.forward,
};

export const tokenClassifier: Network<AlbertConfig, TokenLogits> = {
  config,
  params: AlbertForTokenClassification.initialTensors(config, seed),
  forward: AlbertForTokenClassification.forward,
};

export const encoder: Network<AlbertConfig, Features> = {
  config,
  params: AlbertModel.initialTensors(config, seed),
  forward: AlbertModel.forward,
};

/** Texts of 1 to about 30 tokens, each with a mask, the same for the same seed. */
export function maskedTexts(count: number): string[] {
  const words = WORDS.split(' ').filter((word) => !word.startsWith('##'));
  return Array.from({ length: count }, (_, text) => {
    const length = (text * 7) % 29;
    const before = Array.from({ length }, (_, at) => words[(text * 13 + at * at) % words.length]);
    before.splice((text * 5) % (length + 1), 0, '[MASK]');
    return before.join(' ');
  });
}
