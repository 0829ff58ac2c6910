// Case F8 of the reference: a config.json that does not belong to its weights is refused in words that give both numbers,
// at once, and nothing is allocated for it.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { albertConfig } from '../../albert/src/config.js';
import { AlbertForSequenceClassification, AlbertModel } from '../../albert/src/models.js';
import { gptConfig } from '../../gpt/src/config.js';
import { OpenAIGPTForSequenceClassification, OpenAIGPTModel } from '../../gpt/src/models.js';
import { bertConfig, electraConfig } from './config.js';
import {
  BertForSequenceClassification,
  BertModel,
  ElectraForSequenceClassification,
  ElectraModel,
} from './models.js';

const sizes = {
  vocabSize: 23,
  hiddenSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  intermediateSize: 16,
  maxPositionEmbeddings: 8,
};
const heads = {
  bert: BertForSequenceClassification,
  electra: ElectraForSequenceClassification,
  albert: AlbertForSequenceClassification,
  gpt: OpenAIGPTForSequenceClassification,
};

tf.env().set('IS_TEST', true);
let root: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  root = await mkdtemp(join(tmpdir(), 'lying-'));
  const options = { seed: 1 };
  await BertModel.init(bertConfig(sizes), options).savePretrained(join(root, 'bert'));
  const electra = electraConfig({ ...sizes, embeddingSize: 4 });
  await ElectraModel.init(electra, options).savePretrained(join(root, 'electra'));
  const albert = albertConfig({ ...sizes, embeddingSize: 4 });
  await AlbertModel.init(albert, options).savePretrained(join(root, 'albert'));
  const gpt = gptConfig({ vocabSize: 23, nEmbd: 8, nLayer: 1, nHead: 2, nPositions: 8 });
  await OpenAIGPTModel.init(gpt, options).savePretrained(join(root, 'gpt'));
});
afterAll(() => rm(root, { recursive: true }));

async function load(family: keyof typeof heads, changes: object): Promise<unknown> {
  const folder = join(root, family);
  const path = join(folder, 'config.json');
  const honest = await readFile(path, 'utf8');
  await writeFile(path, JSON.stringify({ ...JSON.parse(honest), ...changes }));
  try {
    return await heads[family].fromPretrained(folder);
  } finally {
    await writeFile(path, honest);
  }
}

describe.each([
  [
    'bert',
    {
      width: { hidden_size: 1e9 },
      heads: { num_attention_heads: 3 },
      words: { vocab_size: 24 },
      depth: { num_hidden_layers: 1e9 },
    },
  ],
  [
    'electra',
    {
      width: { embedding_size: 1e9 },
      heads: { num_attention_heads: 3 },
      words: { vocab_size: 24 },
      depth: { num_hidden_layers: 1e9 },
    },
  ],
  [
    'albert',
    {
      width: { hidden_size: 1e9 },
      heads: { num_attention_heads: 3 },
      words: { vocab_size: 24 },
      depth: { num_hidden_groups: 1e9 },
    },
  ],
  [
    'gpt',
    {
      width: { n_embd: 1e9 },
      heads: { n_head: 3 },
      words: { vocab_size: 24 },
      depth: { n_layer: 1e9 },
    },
  ],
] as const)('%s', (family, lies) => {
  test.each([
    [
      'width',
      /cannot load ".*embed.*" from .*: it is \[23, \d\], .* \[23, .*\]|it is \[.*1000000000/,
    ],
    ['heads', /(hiddenSize|nEmbd)' is 8, expected a multiple of .*, 3/],
    ['words', /embed.*: it is \[23, \d\], the configuration implies \[24, \d\]/],
    ['depth', /is 1000000000, expected an integer from 1 to 1000/],
  ] as const)('of another %s', async (what, message) => {
    await expect(load(family, lies[what])).rejects.toThrow(message);
  });

  test('of far too many labels', async () => {
    await expect(load(family, { num_labels: 1e9 })).rejects.toThrow(
      /implies \d+ values that are not in the file, which holds \d+; the largest is ".*", \[1000000000, 8\]/,
    );
  });

  test('of some labels is no lie', async () => {
    expect(await load(family, { num_labels: 5 })).toMatchObject({ config: { numLabels: 5 } });
  });
});
