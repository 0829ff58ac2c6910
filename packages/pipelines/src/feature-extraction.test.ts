import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { close } from './close.test-support.js';
import { type FeatureExtractionPipeline, featureExtraction } from './feature-extraction.js';
import { encoder, ready, tokenizer } from './models.test-support.js';

let extract: FeatureExtractionPipeline;
beforeAll(async () => {
  await ready();
  extract = await featureExtraction({
    model: encoder,
    tokenizer,
    engine: 'onnxruntime',
    threads: 1,
  });
});
afterAll(() => extract.dispose());

const texts = ['the cat', 'a very big dog sat on the mat', ''];

test('without pooling the vectors of all tokens, in a list of one as in Python', async () => {
  const answers = (await extract.call(texts)) as number[][][][];
  expect(answers.map((answer) => [answer.length, answer[0].length, answer[0][0].length])).toEqual([
    [1, 4, 16],
    [1, 10, 16],
    [1, 2, 16],
  ]);
});

test('pooling takes the first vector or the mean of the tokens, never of padding', async () => {
  const vectors = ((await extract.call(texts)) as number[][][][]).map(([rows]) => rows);
  const cls = await extract.call(texts, { pooling: 'cls' });
  expect(
    close(
      cls,
      vectors.map(([first]) => first),
    ),
  ).toEqual([]);
  const mean = await extract.call(texts, { pooling: 'mean' });
  const expected = vectors.map((rows) =>
    rows[0].map((_, at) => rows.reduce((sum, row) => sum + row[at], 0) / rows.length),
  );
  expect(close(mean, expected)).toEqual([]);
});

test('normalised vectors have length one and the same direction', async () => {
  const [plain] = (await extract.call(['a dog'], { pooling: 'mean' })) as number[][];
  const [unit] = (await extract.call(['a dog'], {
    pooling: 'mean',
    normalize: true,
  })) as number[][];
  expect(Math.hypot(...unit)).toBeCloseTo(1, 6);
  expect(
    close(
      unit,
      plain.map((value) => value / Math.hypot(...plain)),
    ),
  ).toEqual([]);
});

test('pairs are read as pairs, an empty pair as none', () => {
  expect(extract.tokenCount({ text: 'a cat', text_pair: 'a dog' })).toBe(7);
  expect(extract.tokenCount({ text: 'a cat', text_pair: '' })).toBe(4);
});

test('unknown ways of pooling are refused', async () => {
  const asked = extract.call(['a'], { pooling: 'max' as 'mean' });
  await expect(asked).rejects.toThrow('found "max", expected "none", "cls", "mean"');
});
