import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EntityGroup } from './group-entities.js';
import { ready, tokenClassifier, tokenizer } from './models.test-support.js';
import { type TokenClassificationPipeline, tokenClassification } from './token-classification.js';

let classify: TokenClassificationPipeline;
beforeAll(async () => {
  await ready();
  const options = { tokenizer, engine: 'onnxruntime', threads: 1, maxTokens: 12 } as const;
  classify = await tokenClassification({ model: tokenClassifier, ...options });
});
afterAll(() => classify.dispose());

const long = 'the big cat and the small dog sat on a red mat and it was very blue . '.repeat(2);

test('a text that is too long is cut, as in Python', async () => {
  const [tokens] = await classify.call([long], { ignoreLabels: [] });
  expect(tokens).toHaveLength(10);
});

test('with a stride it is read to its end, every entity once', async () => {
  const options = { aggregationStrategy: 'simple', ignoreLabels: [], stride: 4 } as const;
  const [entities] = (await classify.call([long], options)) as EntityGroup[][];
  expect(entities[entities.length - 1].end).toBe(long.trimEnd().length);
  for (const [at, { start }] of entities.entries()) {
    if (at > 0) expect(start).toBeGreaterThanOrEqual(entities[at - 1].end);
  }
});

test('a text that fits gives the same with and without a stride', async () => {
  const options = { aggregationStrategy: 'average', ignoreLabels: [] } as const;
  const text = 'the big cat sat';
  expect(await classify.call([text], { ...options, stride: 3 })).toEqual(
    await classify.call([text], options),
  );
});

test.each([
  [{ stride: 4 }, 'with aggregationStrategy none'],
  [{ stride: 10, aggregationStrategy: 'simple' }, 'expected less than 10'],
  [{ aggregationStrategy: 'best' }, 'found "best"'],
  [{ stride: -1, aggregationStrategy: 'simple' }, 'a whole number from 0'],
])('%j is refused', async (options, message) => {
  await expect(classify.call(['a cat'], options as object)).rejects.toThrow(message);
});
