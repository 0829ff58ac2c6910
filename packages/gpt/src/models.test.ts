import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFromPretrained, type WeightRecord, writeModelFolder } from '@alectra/checkpoint';
import { parameterCount, registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { B, batch, inputIds, S } from '../../albert/src/tiny-batch.test-support.js';
import { gptConfig, gptConfigFromJson, gptConfigToJson } from './config.js';
import { gptLogitsAt } from './heads.js';
import {
  gptModels,
  OpenAIGPTForSequenceClassification,
  OpenAIGPTLMHeadModel,
  OpenAIGPTModel,
} from './models.js';
import { gptPreset } from './presets.js';

const SIZES = {
  vocabSize: 23,
  nEmbd: 8,
  nLayer: 2,
  nHead: 2,
  nPositions: 8,
  initializerRange: 0.3,
};
const config = gptConfig(SIZES);

tf.env().set('IS_TEST', true);
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerKernels();
  folder = await mkdtemp(join(tmpdir(), 'gpt-'));
});
afterAll(() => rm(folder, { recursive: true }));

const largest = (x: tf.Tensor): number => tf.max(tf.abs(x)).dataSync()[0];

test('the released size has the parameters of Hugging Face, to the unit', async () => {
  const fixture = new URL('../fixtures/counts.json', import.meta.url);
  const { 'openai-gpt': counts } = JSON.parse(await readFile(fixture, 'utf8'));
  const preset = gptPreset('openai-gpt');
  const ours = [OpenAIGPTModel, OpenAIGPTLMHeadModel, OpenAIGPTForSequenceClassification].map(
    (kind) => [kind.architecture, parameterCount(kind.layout(preset))],
  );
  expect(Object.fromEntries(ours)).toEqual(counts);
  expect(counts.OpenAIGPTModel).toBe(116_534_784);
  expect(() => gptPreset('gpt2' as 'openai-gpt')).toThrow("gpt: no preset 'gpt2'");
});

describe('the config', () => {
  test('goes to config.json and back, with what it does not know', () => {
    const json = { ...gptConfigToJson(gptConfig({ ...SIZES, padTokenId: 3 })), n_ctx: 8 };
    expect(json).toMatchObject({ model_type: 'openai-gpt', n_embd: 8, pad_token_id: 3 });
    const again = gptConfigFromJson(json);
    expect(again).toMatchObject({ nEmbd: 8, padTokenId: 3, other: { n_ctx: 8 } });
    expect(gptConfigToJson(again)).toMatchObject({ n_ctx: 8 });
  });

  test.each([
    [{ nHead: 3 }, "'nEmbd' is 8, expected a multiple of 'nHead', 3"],
    [{ nLayer: 1001 }, "'nLayer' is 1001, expected an integer from 1 to 1000"],
    [{ padTokenId: 23 }, "'padTokenId' is 23, expected an id below 'vocabSize', 23"],
    [{ afn: 'gelu_new' as 'gelu' }, '\'afn\' is "gelu_new", expected one of gelu, relu'],
  ])('%j is refused', (changes, message) => {
    expect(() => gptConfig({ ...SIZES, ...changes })).toThrow(message);
  });

  test('of untied tables comes back from config.json', () => {
    const json = gptConfigToJson(gptConfigFromJson({ tie_word_embeddings: false }));
    expect(json).toMatchObject({ tie_word_embeddings: false });
    expect(gptConfigFromJson(json).tieWordEmbeddings).toBe(false);
  });
});

describe('the language model', () => {
  test('sees nothing of what follows', () => {
    const model = OpenAIGPTLMHeadModel.init(config, { seed: 1 });
    const { logits } = model.call({ inputIds });
    for (let length = 1; length < S; length++) {
      const start = tf.slice(inputIds, [0, 0], [B, length]);
      const alone = model.call({ inputIds: start }).logits;
      const within = tf.slice(logits, [0, 0, 0], [B, length, config.vocabSize]);
      expect(largest(tf.sub(alone, within))).toBeLessThan(1e-5);
    }
  });

  test('gives rows of the full logits at chosen positions, repeated ones too', () => {
    const model = OpenAIGPTLMHeadModel.init(config, { seed: 1 });
    const all = model.call({ inputIds }).logits.arraySync();
    const places = [
      [0, 3, 3],
      [4, 1, 0],
    ];
    const positions = tf.tensor2d(places, [B, 3], 'int32');
    const some = gptLogitsAt(model.params, config, batch, positions).arraySync();
    for (const [b, row] of places.entries())
      for (const [k, s] of row.entries())
        for (let v = 0; v < config.vocabSize; v++)
          expect(some[b][k][v]).toBeCloseTo(all[b][s][v], 5);
  });

  test('refuses sequences beyond its positions', () => {
    const model = OpenAIGPTLMHeadModel.init(config, { seed: 1 });
    expect(() => model.call({ inputIds: tf.ones<tf.Rank.R2>([1, 9], 'int32') })).toThrow(
      'gpt: cannot embed sequences of 9 tokens: the model has 8 positions.',
    );
  });

  test('drops only in training, and as the key says', () => {
    const model = OpenAIGPTLMHeadModel.init(config, { seed: 1 });
    const key = (counter: number) => ({
      dropout: { seed: tf.scalar(1, 'int32'), counter: tf.scalar(counter, 'int32') },
    });
    const call = (options?: ReturnType<typeof key>): tf.Tensor =>
      model.call({ inputIds }, options).logits;
    expect(largest(tf.sub(call(key(1)), call(key(1))))).toBe(0);
    expect(largest(tf.sub(call(key(1)), call(key(2))))).toBeGreaterThan(0.01);
    expect(largest(tf.sub(call(key(1)), call()))).toBeGreaterThan(0.01);
  });
});

describe('the classifier', () => {
  const PAD = 7;
  const padded = tf.tensor2d(
    [
      [5, 9, PAD, 4, PAD],
      [5, 9, 3, PAD, PAD],
    ],
    [B, S],
    'int32',
  );
  const lengths = [4, 3];
  const attentionMask = tf.tensor2d(
    lengths.flatMap((length) => Array.from({ length: S }, (_, s) => Number(s < length))),
    [B, S],
    'int32',
  );

  test.each([PAD, undefined])('reads the last token; the padding token is %s', (padTokenId) => {
    const labelled = gptConfig({ ...SIZES, numLabels: 3, padTokenId });
    const model = OpenAIGPTForSequenceClassification.init(labelled, { seed: 2 });
    const { logits } = model.call({ inputIds: padded, attentionMask });
    for (const [b, length] of lengths.entries()) {
      const text = tf.slice(padded, [b, 0], [1, length]);
      const alone = model.call({ inputIds: text }).logits;
      expect(largest(tf.sub(tf.slice(logits, [b, 0], [1, 3]), alone))).toBeLessThan(1e-5);
    }
  });
});

describe('folders', () => {
  test('the released file, with both heads and its masks, loads into every class', async () => {
    const path = join(folder, 'released');
    const weights: Record<string, WeightRecord[string]> = {};
    const tensors = OpenAIGPTLMHeadModel.initialTensors(config, { seed: 4 });
    for (const [name, { shape, data }] of Object.entries(tensors))
      weights[name.replace(/^transformer\./, '')] = { dtype: 'F32', shape, data };
    // as `openai-gpt` on the hub: no prefix, the causal masks, both heads
    const mask = { dtype: 'F32', shape: [1, 1, 8, 8], data: new Float32Array(64) } as const;
    for (const layer of [0, 1]) weights[`h.${layer}.attn.bias`] = mask;
    weights['lm_head.weight'] = weights['tokens_embed.weight'];
    const head = { dtype: 'F32', shape: [1, 8], data: new Float32Array(8) } as const;
    weights['multiple_choice_head.summary.weight'] = head;
    await writeModelFolder(path, { config: gptConfigToJson(config), weights });
    // Hugging Face names the heads that a class has no place for, and not the masks.
    const other = 'multiple_choice_head.summary.weight';
    const both = ['lm_head.weight', other];
    for (const [kind, missing, unexpected] of [
      [OpenAIGPTModel, [], both],
      [OpenAIGPTLMHeadModel, [], [other]],
      [OpenAIGPTForSequenceClassification, ['score.weight'], both],
    ] as const) {
      const { loading } = await kind.fromPretrained(path);
      expect([kind.architecture, loading]).toEqual([kind.architecture, { missing, unexpected }]);
    }
  });

  test('a saved model comes back equal, through the family too', async () => {
    const path = join(folder, 'saved');
    const model = OpenAIGPTLMHeadModel.init(config, { seed: 4 });
    await model.savePretrained(path);
    const { model: again, kind } = await modelFromPretrained(path, { families: [gptModels] });
    expect(kind.architecture).toBe('OpenAIGPTLMHeadModel');
    for (const [name, tensor] of Object.entries(model.params))
      expect(again.params[name].dataSync()).toEqual(tensor.dataSync());
  });
});
