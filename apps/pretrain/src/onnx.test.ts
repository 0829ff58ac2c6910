// The command `onnx` on the folders that a run exports.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlbertForMaskedLM, albertConfig } from '@alectra/albert';
import { ElectraForPreTraining, electraConfig } from '@alectra/bert';
import { registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import ort from 'onnxruntime-node';
import { createProgram } from './command-line.js';

const SIZES = {
  vocabSize: 30,
  embeddingSize: 4,
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 16,
  maxPositionEmbeddings: 32, // axes that stay open are tried at several sizes
  initializerRange: 0.3,
};
const IDS = [2, 7, 9, 4, 3];
const generator = AlbertForMaskedLM;
const discriminator = ElectraForPreTraining;

const root = mkdtempSync(join(tmpdir(), 'onnx-command-'));
afterAll(() => rmSync(root, { recursive: true }));
beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  registerKernels();
});

/** Calls the command, and returns the lines that it prints. */
async function onnx(path: string): Promise<string[]> {
  const print = jest.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await createProgram().parseAsync(['onnx', path], { from: 'user' });
    return print.mock.calls.map(([line]) => String(line));
  } finally {
    print.mockRestore();
  }
}

async function logitsOf(file: string): Promise<number[]> {
  const session = await ort.InferenceSession.create(file);
  const whole = (values: number[]) =>
    new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, IDS.length]);
  const ones = IDS.map(() => 1);
  const zeros = IDS.map(() => 0);
  const { logits } = await session.run({
    input_ids: whole(IDS),
    attention_mask: whole(ones),
    token_type_ids: whole(zeros),
  });
  await session.release();
  return Array.from(logits.data as Float32Array);
}

test('both networks of a run are exported, and answer as before', async () => {
  const run = join(root, 'run');
  const models = [
    ['generator', generator.init(albertConfig(SIZES), { seed: 1 })],
    ['discriminator', discriminator.init(electraConfig(SIZES), { seed: 2 })],
  ] as const;
  for (const [network, model] of models) await model.savePretrained(join(run, 'model', network));
  writeFileSync(join(run, 'config.json'), '{"preset":"quickstart"}'); // the recipe
  mkdirSync(join(run, 'checkpoints'));
  const files = models.map(([network]) => join(run, 'model', network, 'onnx', 'model.onnx'));
  expect(await onnx(run)).toEqual(files);
  for (const [at, [, model]] of models.entries()) {
    const inputIds = tf.tensor2d(IDS, [1, IDS.length], 'int32');
    const { logits }: { readonly logits: tf.Tensor } = model.call({ inputIds });
    const expected = logits.dataSync();
    const found = await logitsOf(files[at]);
    expect(found.length).toBe(expected.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i], 4);
  }
  const [first] = files;
  expect(await onnx(join(run, 'model', 'generator'))).toEqual([first]);
});

test('a run without a model is refused', async () => {
  const run = join(root, 'unfinished');
  mkdirSync(join(run, 'checkpoints'), { recursive: true });
  writeFileSync(join(run, 'config.json'), '{"preset":"quickstart"}');
  await expect(onnx(run)).rejects.toThrow(`pretrain: there is no exported model in ${run}:`);
  await expect(onnx(join(root, 'nowhere'))).rejects.toThrow('Give the folder of a finished run');
});
