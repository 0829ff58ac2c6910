import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  hubOptionsFromEnv,
  readModelFolder,
  type WeightRecord,
  writeModelFolder,
} from '@alectra/checkpoint';
import { registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { albertConfig, albertConfigToJson } from './config.js';
import { albertMaskedLM, albertTokenClassifier, initAlbertForMaskedLM } from './electra.js';
import {
  AlbertForMaskedLM,
  AlbertForSequenceClassification,
  AlbertForTokenClassification,
  AlbertModel,
} from './models.js';
import { B, batch, inputIds, S, SIZES as TINY } from './tiny-batch.test-support.js';

const SIZES = { ...TINY, embeddingSize: 4 };
const config = albertConfig(SIZES);

tf.env().set('IS_TEST', true);
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerKernels();
  folder = await mkdtemp(join(tmpdir(), 'albert-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('logitsAt', () => {
  test('gives the rows of the full logits, repeated positions too', () => {
    const model = AlbertForMaskedLM.init(config, { seed: 1 });
    const all = model.call({ inputIds }).logits.arraySync();
    const positions = [
      [0, 3, 3],
      [4, 1, 0],
    ];
    const some = albertMaskedLM(config)
      .logitsAt(model.params, batch, tf.tensor2d(positions, [B, 3], 'int32'))
      .arraySync();
    for (let b = 0; b < B; b++)
      for (let k = 0; k < 3; k++)
        for (let v = 0; v < config.vocabSize; v++)
          expect(some[b][k][v]).toBeCloseTo(all[b][positions[b][k]][v], 6);
  });

  test('has the gradient of the full logits', () => {
    const params = AlbertForMaskedLM.init(config, { seed: 1 }).params;
    const positions = tf.tensor2d([[1], [2]], [B, 1], 'int32');
    const name = 'albert.embeddings.word_embeddings.weight';
    const gradient = (logits: (given: Record<string, tf.Tensor>) => tf.Tensor): tf.Tensor =>
      tf.grad((table) => tf.sum(tf.square(logits({ ...params, [name]: table }))))(params[name]);
    const gathered = gradient((given) => albertMaskedLM(config).logitsAt(given, batch, positions));
    const full = gradient((given) => {
      const { logits } = AlbertForMaskedLM.forward(given, config, batch);
      const rows = tf.reshape(logits, [B * S, config.vocabSize]);
      return tf.gather(rows, tf.tensor1d([1, S + 2], 'int32'));
    });
    expect(tf.max(tf.abs(tf.sub(gathered, full))).dataSync()[0]).toBeLessThan(1e-6);
  });
});

describe('tokenLogits', () => {
  test.each([
    [1, [B, S]],
    [2, [B, S, 2]],
  ])('of %d labels have shape %j', (numLabels, shape) => {
    const labelled = albertConfig({ ...SIZES, numLabels });
    const { params } = AlbertForTokenClassification.init(labelled, { seed: 1 });
    expect(albertTokenClassifier(labelled).tokenLogits(params, batch).shape).toEqual(shape);
  });
});

describe('initial weights', () => {
  test('follow the seed and the config', () => {
    const a = initAlbertForMaskedLM(config, 1);
    expect(initAlbertForMaskedLM(config, 1)).toEqual(a);
    const name = 'predictions.dense.weight';
    expect([...initAlbertForMaskedLM(config, 2)[name].data]).not.toEqual([...a[name].data]);
    expect(a['albert.embeddings.word_embeddings.weight'].data.slice(0, 4)).toEqual(
      new Float32Array(4), // the padding token
    );
    expect(Math.max(...a[name].data)).toBeLessThan(0.1);
  });
});

describe('folders', () => {
  test('a saved model comes back equal', async () => {
    const path = join(folder, 'saved');
    const labelled = albertConfig({ ...SIZES, numLabels: 3 });
    const model = AlbertForSequenceClassification.init(labelled, { seed: 4 });
    await model.savePretrained(path, { files: { 'vocab.txt': '[PAD]\n' } });
    const again = await AlbertForSequenceClassification.fromPretrained(path);
    expect(again.loading).toEqual({ missing: [], unexpected: [] });
    expect(again.config.numLabels).toBe(3);
    for (const [name, tensor] of Object.entries(model.params))
      expect(again.params[name].dataSync()).toEqual(tensor.dataSync());
  });

  test.each([
    ['float16', 2 ** -11],
    ['bfloat16', 2 ** -8],
  ] as const)('a model saved as %s comes back rounded', async (dtype, precision) => {
    const path = join(folder, dtype);
    const model = AlbertForMaskedLM.init(config, { seed: 4 });
    await model.savePretrained(path, { dtype });
    const { config: json, weights } = await readModelFolder(path);
    expect([json.torch_dtype, new Set(Object.values(weights).map((each) => each.dtype))]).toEqual([
      dtype,
      new Set([dtype === 'float16' ? 'F16' : 'BF16']),
    ]);
    const again = await AlbertForMaskedLM.fromPretrained(path);
    for (const [name, tensor] of Object.entries(model.params)) {
      const rounded = await again.params[name].data();
      for (const [i, value] of (await tensor.data()).entries())
        expect(Math.abs(rounded[i] - value)).toBeLessThanOrEqual(
          Math.abs(value) * precision + 1e-7,
        );
    }
    await again.savePretrained(path); // whole again, and config.json with it
    expect((await readModelFolder(path)).config).not.toHaveProperty('torch_dtype');
  });

  test('a bare body (as the released file) loads below a head, which is initialised', async () => {
    const path = join(folder, 'body');
    const body = AlbertModel.init(config, { seed: 4 });
    await body.savePretrained(path);
    const model = await AlbertForTokenClassification.fromPretrained(path, { seed: 9 });
    expect(model.loading).toEqual({
      missing: ['classifier.weight', 'classifier.bias'],
      unexpected: [], // the pooler, which the head does not use, is expected there
    });
    const name = 'encoder.embedding_hidden_mapping_in.weight';
    expect(model.params[`albert.${name}`].dataSync()).toEqual(body.params[name].dataSync());
    expect(tf.sum(tf.abs(model.params['classifier.weight'])).dataSync()[0]).toBeGreaterThan(0);
  });

  test('a head of 2020, with all that it stored, loads without remarks', async () => {
    const path = join(folder, 'old');
    const weights: Record<string, WeightRecord[string]> = {};
    for (const [name, { shape, data }] of Object.entries(initAlbertForMaskedLM(config, 1)))
      weights[name] = { dtype: 'F32', shape, data };
    const table = weights['albert.embeddings.word_embeddings.weight'];
    weights['predictions.decoder.weight'] = table;
    weights['predictions.decoder.bias'] = weights['predictions.bias'];
    weights['albert.pooler.weight'] = { dtype: 'F32', shape: [8, 8], data: new Float32Array(64) };
    weights['albert.pooler.bias'] = { dtype: 'F32', shape: [8], data: new Float32Array(8) };
    const positions = BigInt64Array.from({ length: 8 }, (_, i) => BigInt(i));
    weights['albert.embeddings.position_ids'] = { dtype: 'I64', shape: [1, 8], data: positions };
    await writeModelFolder(path, { config: albertConfigToJson(config), weights });
    const model = await AlbertForMaskedLM.fromPretrained(path);
    expect(model.loading).toEqual({ missing: [], unexpected: [] });
    expect(Object.keys(model.params)).not.toContain('predictions.decoder.weight');
  });

  test('a head for other labels is refused, or initialised on request', async () => {
    const path = join(folder, 'labels');
    await AlbertForSequenceClassification.init(config, { seed: 1 }).savePretrained(path);
    const { config: json, weights } = await readModelFolder(path);
    const changed = { ...json, id2label: { 0: 'a', 1: 'b', 2: 'c' } };
    await writeModelFolder(path, { config: changed, weights });
    await expect(AlbertForSequenceClassification.fromPretrained(path)).rejects.toThrow(
      'cannot load "classifier.weight"',
    );
    const model = await AlbertForSequenceClassification.fromPretrained(path, {
      allowMismatch: true,
    });
    expect(model.loading.missing).toEqual(['classifier.weight', 'classifier.bias']);
    expect(model.params['classifier.weight'].shape).toEqual([3, 8]);
  });

  test('a name is looked up in the cache of the hub, in an environment that forbids the network', async () => {
    const commit = 'c'.repeat(40);
    const repository = join(folder, 'models--org--small');
    const snapshot = join(repository, 'snapshots', commit);
    const model = AlbertModel.init(config, { seed: 4 });
    // all that is asked for, so that nothing is unknown
    const tokenizer = ['vocab.txt', 'tokenizer.json', 'tokenizer_config.json', 'vocab.json'];
    const rest = ['special_tokens_map.json', 'added_tokens.json', 'merges.txt'];
    const files = Object.fromEntries([...tokenizer, ...rest].map((name) => [name, '{}']));
    await model.savePretrained(snapshot, { files });
    await mkdir(join(repository, 'refs'));
    await writeFile(join(repository, 'refs/main'), commit);

    const hub = hubOptionsFromEnv({ HF_HUB_CACHE: folder, HF_HUB_OFFLINE: '1' }, homedir());
    const again = await AlbertModel.fromPretrained('org/small', { hub });
    expect(again.loading).toEqual({ missing: [], unexpected: [] });
    const name = 'embeddings.word_embeddings.weight';
    expect(again.params[name].dataSync()).toEqual(model.params[name].dataSync());
    await expect(AlbertModel.fromPretrained('org/large', { hub })).rejects.toThrow(
      'config.json of org/large at "main" is not in the cache',
    );
    await expect(AlbertModel.fromPretrained('org/small')).rejects.toThrow('no hub is configured');
  });
});

test('tensors that do not fit the config are refused by name', () => {
  const { 'predictions.bias': _, ...rest } = initAlbertForMaskedLM(config, 1);
  expect(() => AlbertForMaskedLM.fromTensors(config, rest)).toThrow(
    "nn: cannot make AlbertForMaskedLM: found nothing as 'predictions.bias', expected [23].",
  );
});
