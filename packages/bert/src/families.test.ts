// `modelFromPretrained` of `@alectra/checkpoint`, with the two families of this package.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFromPretrained } from '@alectra/checkpoint';
import { registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { bertConfig, electraConfig } from './config.js';
import { bertModels, electraModels } from './families.js';
import * as models from './models.js';

const SIZES = {
  vocabSize: 23,
  hiddenSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  intermediateSize: 16,
  maxPositionEmbeddings: 8,
};
const families = [bertModels, electraModels] as const;
const batch = {
  inputIds: tf.tensor2d([[2, 7, 9, 3]], [1, 4], 'int32'),
  attentionMask: tf.ones<tf.Rank.R2>([1, 4], 'int32'),
  tokenTypeIds: tf.zeros<tf.Rank.R2>([1, 4], 'int32'),
};

tf.env().set('IS_TEST', true);
let root: string;
const at = (name: string): string => join(root, name);
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerKernels();
  root = await mkdtemp(join(tmpdir(), 'families-'));
  const bert = bertConfig(SIZES);
  const electra = electraConfig({ ...SIZES, embeddingSize: 4 });
  for (const kind of Object.values(models)) {
    // A class takes the config of its own family, which its name says.
    const make = kind.init as (config: object, options: { seed: number }) => models.BertModel;
    const model = make(kind.architecture.startsWith('Bert') ? bert : electra, { seed: 5 });
    await model.savePretrained(at(kind.architecture));
    model.dispose();
  }
});
afterAll(() => rm(root, { recursive: true }));

/** Changes a saved config.json; a key of undefined is removed. */
async function edit(name: string, changes: Record<string, unknown>): Promise<void> {
  const path = join(at(name), 'config.json');
  await writeFile(
    path,
    JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...changes }),
  );
}

describe('modelFromPretrained', () => {
  test.each(Object.keys(models))('finds %s by its config.json', async (name) => {
    const { kind, model, path, modelType } = await modelFromPretrained(at(name), { families });
    expect([kind.architecture, path]).toEqual([name, at(name)]);
    expect(modelType).toBe(name.startsWith('Bert') ? 'bert' : 'electra');
    expect(model.loading).toEqual({ missing: [], unexpected: [] });
    model.dispose();
  });

  test('gives the functions of the class with the config filled in', async () => {
    for (const name of ['BertForMaskedLM', 'ElectraForMaskedLM']) {
      const { model, forward, logitsAt } = await modelFromPretrained(at(name), {
        families,
        head: 'masked-lm',
      });
      const { logits } = forward(model.params, batch);
      expect(logits.dataSync()).toEqual(model.call(batch).logits.dataSync());
      const chosen = logitsAt(model.params, batch, tf.tensor2d([[2]], [1, 1], 'int32'));
      const row = tf.slice(logits, [0, 2, 0], [1, 1, 23]);
      expect(tf.max(tf.abs(tf.sub(chosen, row))).dataSync()[0]).toBeLessThan(1e-6);
      model.dispose();
    }
    const { logitsAt } = await modelFromPretrained(at('BertModel'), { families, head: 'base' });
    expect(logitsAt).toBeUndefined();
  });

  test('puts another head on a body, and keeps the variant that config.json names', async () => {
    const options = { families, head: 'sequence-classification' } as const;
    const fresh = await modelFromPretrained(at('ElectraModel'), { ...options, seed: 3 });
    expect(fresh.kind.architecture).toBe('ElectraForSequenceClassification');
    expect(fresh.model.loading.missing).toContain('classifier.dense.weight');
    const google = await modelFromPretrained(at('ElectraGoogleClassifier'), options);
    expect(google.kind.architecture).toBe('ElectraGoogleClassifier');
    expect(google.model.loading.missing).toEqual([]);
  });

  test('reads configs of 2020, which may lack either name', async () => {
    await edit('ElectraForPreTraining', { model_type: undefined });
    const byClass = await modelFromPretrained(at('ElectraForPreTraining'), { families });
    expect(byClass.modelType).toBe('electra');
    await edit('ElectraModel', { architectures: undefined });
    const bare = await modelFromPretrained(at('ElectraModel'), { families });
    expect([bare.kind.architecture, bare.head]).toEqual(['ElectraModel', 'base']);
  });

  test('says what it found and what it was given', async () => {
    const given = { families: [bertModels] } as const;
    await expect(modelFromPretrained(at('ElectraForMaskedLM'), given)).rejects.toMatchObject({
      code: 'unknown-model',
      message: expect.stringContaining('is "electra", expected one of "bert".'),
    });
    await expect(
      modelFromPretrained(at('BertModel'), { ...given, head: 'causal-lm' }),
    ).rejects.toThrow('have no head "causal-lm", expected one of base, pre-training, masked-lm');
    await edit('BertModel', { architectures: ['BertForNextSentencePrediction'] });
    await expect(modelFromPretrained(at('BertModel'), given)).rejects.toThrow(
      /names BertForNextSentencePrediction, expected one of BertModel, .*\nSay as `head`/,
    );
    await edit('BertModel', { architectures: undefined, model_type: undefined });
    await expect(modelFromPretrained(at('BertModel'), given)).rejects.toThrow(
      'has no "model_type", and its "architectures" (none) belong to no family given',
    );
  });
});
