// The probe on an encoder that can be worked out: a table of vectors, one a token.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeExamples } from '@alectra/glue';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Encode } from './families.js';
import { frozenFeatures } from './frozen-features.js';
import { glueProbe } from './probe.js';
import { type Recipe, recipeSchema } from './recipe.js';
import { colaFiles } from './test-support.js';

tf.enableProdMode();

const PIECES = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'the', 'cat', 'dog', 'sees', 'not'];
const tokenizer = WordPieceTokenizer.fromVocab(Buffer.from(`${PIECES.join('\n')}\n`));
const V = PIECES.length;

/** Row `id` of the table at each token. */
const encode: Encode = (params, { inputIds }) =>
  tf.gather(params.table as tf.Tensor2D, tf.reshape(inputIds, [-1]));
const table = (value: (id: number, at: number) => number) => ({
  table: {
    dtype: 'float32' as const,
    shape: [V, V],
    data: Float32Array.from({ length: V * V }, (_, i) => value(Math.floor(i / V), i % V)),
  },
});
const identity = table((id, at) => (id === at ? 1 : 0));
const nothing = table(() => 0);
const onEager = { engine: 'eager', threads: 0 } as const;

test('features are the first position beside the mean over tokens, padding left out', async () => {
  const examples = encodeExamples(
    tokenizer,
    [
      { index: 0, text: 'the cat sees the dog' },
      { index: 1, text: 'dog' },
    ],
    { maxLength: 16 },
  );
  const features = await frozenFeatures(encode, identity, 8, onEager);
  const found = await features.of(examples);
  features.dispose();
  const expected: readonly Readonly<Record<string, number>>[] = [
    { '[CLS]': 1 },
    { '[CLS]': 1 / 7, '[SEP]': 1 / 7, the: 2 / 7, cat: 1 / 7, dog: 1 / 7, sees: 1 / 7 },
    { '[CLS]': 1 },
    { '[CLS]': 1 / 3, '[SEP]': 1 / 3, dog: 1 / 3 },
  ];
  const rows = expected.flatMap((row) => PIECES.map((piece) => row[piece] ?? 0));
  expect([...found]).toEqual(rows.map((value) => expect.closeTo(value, 6)));
});

describe('a probe', () => {
  let data: string;
  let recipe: Recipe;
  beforeAll(() => {
    data = mkdtempSync(join(tmpdir(), 'probe-'));
    mkdirSync(join(data, 'CoLA'));
    for (const [name, content] of Object.entries(colaFiles()))
      writeFileSync(join(data, 'CoLA', name), content);
    const network = {
      hiddenSize: 8,
      numHiddenLayers: 1,
      numAttentionHeads: 1,
      intermediateSize: 8,
    };
    recipe = recipeSchema.parse({
      ...{ generator: network, discriminator: network, ...onEager },
      data: { sequenceLength: 16 },
      schedule: { peakLearningRate: 1, warmupSteps: 0, steps: 1 },
      batch: { size: 1, microSize: 1 },
      probe: { data, task: 'cola', examples: 30 },
    });
  });
  afterAll(() => rmSync(data, { recursive: true }));

  const parts = {
    tokenizer,
    encode,
    discriminatorParams: <T>(params: Readonly<Record<string, T>>) => ({ ...params }),
  };

  test('finds what the encoder shows and nothing where it shows nothing, weights taken anew each time', async () => {
    const probe = await glueProbe(recipe, parts);
    const scores = async (weights: typeof identity) => probe?.run(async () => weights, 1);
    // "not" makes a sentence wrong, which the identity shows: a perfect correlation; from zeros all answers are alike
    expect(await scores(identity)).toEqual({
      CoLA_matthews_correlation: 1,
      CoLA_majority_matthews_correlation: 0,
    });
    expect(await scores(nothing)).toEqual({
      CoLA_matthews_correlation: 0,
      CoLA_majority_matthews_correlation: 0,
    });
    expect((await scores(identity))?.CoLA_matthews_correlation).toBe(1);
    probe?.dispose();
  });

  test('keeps no tensors', async () => {
    const before = tf.memory().numTensors;
    const probe = await glueProbe(recipe, parts);
    await probe?.run(async () => identity, 1);
    await probe?.run(async () => nothing, 2);
    probe?.dispose();
    await new Promise((resolve) => setImmediate(resolve)); // a program is disposed after what was asked of it before
    expect(tf.memory().numTensors).toBe(before);
  });

  test('is none where the recipe has none', async () => {
    expect(await glueProbe({ ...recipe, probe: undefined }, parts)).toBeUndefined();
  });

  test('of data that is not there fails before anything is trained', async () => {
    const probe = { data, task: 'rte', everySteps: 0, examples: 30 } as const;
    await expect(glueProbe({ ...recipe, probe }, parts)).rejects.toThrow(/RTE/);
  });
});
