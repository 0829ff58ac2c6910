// Public types as a strict consumer meets them: a model of one package plugs into the task of another by its shape.

import {
  AlbertForMaskedLM,
  albertConfig,
  albertMaskedLM,
  albertModels,
  albertTokenClassifier,
} from '@alectra/albert';
import { bertModels, electraModels } from '@alectra/bert';
import { modelFromPretrained, openSafetensors, readModelFolder } from '@alectra/checkpoint';
import type { Discriminator, Generator } from '@alectra/electra-task';
import { writeFileAtomic } from '@alectra/files';
import { type GlueExample, glueTasks, readSplit } from '@alectra/glue';
import { gptModels, type OpenAIGPTLMHeadModel } from '@alectra/gpt';
import { compile, type HostTensor, type Program, type Tree } from '@alectra/jit';
import type { Params } from '@alectra/nn';
import { adamw, lamb, type Optimizer } from '@alectra/optim';
import { batches, openShards } from '@alectra/owt-loader';
import { type FillMaskAnswer, fillMask } from '@alectra/pipelines';
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

/** Words for a mask, by a model of any family. */
export async function answer(folder: string, text: string): Promise<readonly FillMaskAnswer[]> {
  const families = [albertModels, bertModels, electraModels] as const;
  const { model, logitsAt } = await modelFromPretrained(folder, { families, head: 'masked-lm' });
  const fill = await fillMask({
    model: { ...model, logitsAt },
    tokenizer: await WordPieceTokenizer.fromPretrained(folder),
  });
  const answers = await fill.call([text]);
  fill.dispose();
  return answers;
}

export const gptFamily: string = gptModels.modelType;
export type Gpt = OpenAIGPTLMHeadModel;
export const examples: (folder: string) => Promise<readonly GlueExample[]> = async (folder) =>
  readSplit(folder, glueTasks.rte, 'validation');

export { batches, openSafetensors, openShards, openTrainer, readModelFolder, writeFileAtomic };
