// Public types as a strict consumer meets them: a model of one package plugs into the task of another by its shape.

import {
  AlbertForMaskedLM,
  albertConfig,
  albertMaskedLM,
  albertTokenClassifier,
} from '@alectra/albert';
import { openSafetensors, readModelFolder } from '@alectra/checkpoint';
import type { Discriminator, Generator } from '@alectra/electra-task';
import { writeFileAtomic } from '@alectra/files';
import { compile, type HostTensor, type Program, type Tree } from '@alectra/jit';
import type { Params } from '@alectra/nn';
import { adamw, lamb, type Optimizer } from '@alectra/optim';
import { batches, openShards } from '@alectra/owt-loader';
import { openTrainer } from '@alectra/trainer';
import { type Encoding, WordPieceTokenizer } from '@alectra/wordpiece';
import * as tf from '@tensorflow/tfjs-core';

const config = albertConfig({
  vocabSize: 100,
  hiddenSize: 32,
  numAttentionHeads: 2,
  intermediateSize: 64,
});
export const generator: Generator = albertMaskedLM(config);
export const discriminator: Discriminator = albertTokenClassifier(config);
export const optimizers: readonly Optimizer[] = [adamw(), lamb()];

export const model: AlbertForMaskedLM = AlbertForMaskedLM.init(config, { seed: 1 });
export const parameters: Params = model.params;

export const tokenizer: WordPieceTokenizer = WordPieceTokenizer.fromVocab([
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'a',
]);
export const encoding: Encoding = tokenizer.encode('a');

export async function double(values: Float32Array): Promise<Tree<HostTensor>> {
  const program: Program = await compile(
    (_state, inputs) => ({ outputs: tf.mul((inputs as { x: tf.Tensor1D }).x, 2) }),
    { state: {}, inputs: { x: { dtype: 'float32', shape: [values.length] } } },
  );
  return program.run({ x: values });
}

export { batches, openSafetensors, openShards, openTrainer, readModelFolder, writeFileAtomic };
