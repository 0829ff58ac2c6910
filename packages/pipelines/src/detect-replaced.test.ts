import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type DetectReplacedPipeline, detectReplaced } from './detect-replaced.js';
import { config, ready, tokenizer } from './models.test-support.js';

// A discriminator whose logit is a table of its own: id / 10 - 1.
const params = { scale: { dtype: 'float32', shape: [], data: new Float32Array([0.1]) } } as const;
const oneLogit = {
  ...{ config, params },
  tokenLogits: (
    { scale }: Readonly<Record<string, tf.Tensor>>,
    inputs: { inputIds: tf.Tensor2D },
  ) => tf.sub<tf.Tensor2D>(tf.mul(tf.cast(inputs.inputIds, 'float32'), scale), 1),
};
const twoLogits = {
  ...oneLogit,
  tokenLogits: (...args: Parameters<typeof oneLogit.tokenLogits>): tf.Tensor3D => {
    const logits = oneLogit.tokenLogits(...args);
    return tf.stack([tf.mul(logits, -0.25), tf.mul(logits, 0.75)], 2) as tf.Tensor3D; // of two matrices
  },
};

let detect: DetectReplacedPipeline;
beforeAll(async () => {
  await ready();
  detect = await detectReplaced({ model: oneLogit, tokenizer, engine: 'eager' });
});
afterAll(() => detect.dispose());

test('every token of the text with its place and probability', async () => {
  const [tokens] = await detect.call(['The  doging 😀.']);
  const score = (word: string) => {
    const id = tokenizer.tokenToId(word) ?? 0;
    return 1 / (1 + Math.exp(1 - id / 10));
  };
  const expected = [
    ['the', 1, 0, 3],
    ['dog', 2, 5, 8],
    ['##ing', 3, 8, 11],
    ['[UNK]', 4, 12, 14],
    ['.', 5, 14, 15],
  ] as const;
  expect(tokens.map(({ score: _, ...rest }) => rest)).toEqual(
    expected.map(([word, index, start, end]) => ({ word, index, start, end })),
  );
  for (const [at, [word]] of expected.entries())
    expect(tokens[at].score).toBeCloseTo(score(word), 5);
});

test('places in code points on request', async () => {
  const [tokens] = await detect.call(['😀 dog'], { offsetUnit: 'codepoint' });
  expect(tokens.map(({ start, end }) => [start, end])).toEqual([
    [0, 1],
    [2, 5],
  ]);
});

test('two labels judge as one', async () => {
  const other = await detectReplaced({ model: twoLogits, tokenizer, engine: 'eager' });
  const [[one], [two]] = [await detect.call(['a dog']), await other.call(['a dog'])];
  for (const [at, { score }] of one.entries()) expect(two[at].score).toBeCloseTo(score, 6);
  other.dispose();
});

test('nothing to judge in an empty text', async () => {
  expect(await detect.call([''])).toEqual([[]]);
});

test('texts that are too long are refused or cut', async () => {
  const long = 'cat '.repeat(50);
  await expect(detect.call([long])).rejects.toMatchObject({ code: 'too-long' });
  expect((await detect.call([long], { truncation: true }))[0]).toHaveLength(38);
});
