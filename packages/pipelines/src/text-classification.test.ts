import type { HostTensor } from '@alectra/jit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ready, sequenceClassifier, tokenizer } from './models.test-support.js';
import { type TextClassificationPipeline, textClassification } from './text-classification.js';

let classify: TextClassificationPipeline;
beforeAll(async () => {
  await ready();
  const options = { tokenizer, engine: 'onnxruntime', threads: 1 } as const;
  classify = await textClassification({ model: sequenceClassifier, ...options });
});
afterAll(() => classify.dispose());

test('the best label by default, more on request, all for null', async () => {
  const [one] = await classify.call(['a cat']);
  const [all] = await classify.call(['a cat'], { topK: null });
  expect(one).toEqual(all.slice(0, 1));
  expect(all.map(({ label }) => label).sort()).toEqual(['B-PER', 'I-PER', 'O']);
  expect(all.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6);
  expect(await classify.call(['a cat'], { topK: 2 })).toEqual([all.slice(0, 2)]);
});

test('a pair is another input than its text', async () => {
  const [pair, text] = await classify.call([{ text: 'a cat', text_pair: 'a dog' }, 'a cat']);
  expect(pair).not.toEqual(text);
});

test.each([{ text: 5 }, { text: 'a', text_pair: 5 }, {}, undefined])(
  '%j is no text, and no pair',
  async (input) => {
    const asked = classify.call([input as unknown as string]);
    await expect(asked).rejects.toThrow('expected a string or { text, text_pair }.');
  },
);

test.each([
  [{ functionToApply: 'tanh' }, 'found "tanh", expected "sigmoid", "softmax", "none"'],
  [{ topK: 0 }, 'cannot use `topK`: found 0'],
])('%j is refused', async (options, message) => {
  await expect(classify.call(['a cat'], options as object)).rejects.toThrow(message);
});

test('a text that is too long is refused, or cut', async () => {
  const long = 'cat '.repeat(50);
  await expect(classify.call([long])).rejects.toThrow('found 52 tokens, expected at most 40');
  expect((await classify.call([long], { truncation: true }))[0]).toHaveLength(1);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'a logit of %p gives an error, not an answer',
  async (value) => {
    const bias = sequenceClassifier.params['classifier.bias'] as HostTensor; // as initialTensors makes it
    const data = Float32Array.from(bias.data).with(1, value);
    const params = { ...sequenceClassifier.params, 'classifier.bias': { ...bias, data } };
    const model = { ...sequenceClassifier, params };
    const damaged = await textClassification({ model, tokenizer, engine: 'eager' });
    await expect(damaged.call(['a cat'])).rejects.toThrow(`no number as a score (${value})`);
    damaged.dispose();
  },
);
