import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { close } from './close.test-support.js';
import { type FilledMask, type FillMaskPipeline, fillMask } from './fill-mask.js';
import { InputError } from './input-error.js';
import { maskedLM, maskedTexts, ready, tokenizer } from './models.test-support.js';

let fill: FillMaskPipeline;
const warnings: string[] = [];

beforeAll(async () => {
  await ready();
  fill = await fillMask({
    ...{ model: maskedLM, tokenizer, engine: 'onnxruntime', threads: 1 },
    onWarning: (message) => warnings.push(message),
  });
});
afterAll(() => fill.dispose());

const one = async (text: string, options = {}): Promise<FilledMask[]> =>
  (await fill.call([text], options))[0] as FilledMask[]; // of a single mask

test('scores are probabilities of the whole vocabulary, best first', async () => {
  const all = await one('the [MASK] sat', { topK: tokenizer.vocabSize });
  const scores = all.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
  expect(new Set(all.map(({ token }) => token)).size).toBe(tokenizer.vocabSize);
  // Few tokens are picked by the graph, many by the host: the same ones.
  expect(close(await one('the [MASK] sat', { topK: 16 }), all.slice(0, 16))).toEqual([]);
  expect(close(await one('the [MASK] sat', { topK: 17 }), all.slice(0, 17))).toEqual([]);
});

test('targets keep their scores, each once', async () => {
  const all = await one('the [MASK] sat', { topK: tokenizer.vocabSize });
  const found = await one('the [MASK] sat', { targets: ['dog', 'cat', 'dog'] });
  expect(
    close(
      found,
      all.filter(({ token_str: word }) => word === 'dog' || word === 'cat'),
    ),
  ).toEqual([]);
});

test('a target that is no token counts as its first piece, with a warning', async () => {
  const [answer] = await one('the [MASK] sat', { targets: 'uns' });
  expect(answer.token_str).toBe('un');
  expect(warnings.at(-1)).toBe(
    'The specified target token `uns` does not exist in the model vocabulary. Replacing with `un`.',
  );
});

test('options may differ from text to text', async () => {
  const options = [{ topK: 1 }, { targets: ['cat', 'dog'] }, {}, { topK: 20 }];
  const answers = await fill.call(['a [MASK]', 'a [MASK]', '[MASK] a [MASK]', 'a [MASK]'], options);
  expect(answers.map(({ length }) => length)).toEqual([1, 2, 2, 20]);
  await expect(fill.call(['a [MASK]'], options)).rejects.toThrow('found 4, expected 1');
});

test('calls at once do not disturb one another', async () => {
  const texts = maskedTexts(8);
  const alone = [];
  for (const text of texts) alone.push((await fill.call([text]))[0]);
  const together = await Promise.all(texts.map(async (text) => (await fill.call([text]))[0]));
  expect(together).toEqual(alone);
});

test('runs side by side give the same answers', async () => {
  const options = { tokenizer, engine: 'onnxruntime', threads: 2, parallelRuns: 2 } as const;
  const other = await fillMask({ model: maskedLM, ...options });
  const texts = maskedTexts(20);
  const [first, second, expected] = await Promise.all([
    other.call(texts),
    other.call(texts),
    fill.call(texts),
  ]);
  expect(first).toEqual(expected);
  expect(second).toEqual(expected);
  other.dispose();
});

test('no texts, no answers', async () => {
  expect(await fill.call([])).toEqual([]);
});

test('tokens are counted as the model sees them', () => {
  expect(fill.tokenCount('the [MASK] sat')).toBe(5);
  expect(fill.prepare('the [MASK] sat').tokenCount).toBe(5);
  expect(fill.maxTokens).toBe(40);
});

describe('refused', () => {
  const long = 'cat '.repeat(50);

  test.each([
    ['', {}, 'no-mask', 'No mask_token ([MASK]) found on the input'],
    ['the cat', {}, 'no-mask', 'Write [MASK] where a word is missing.'],
    [`[MASK] ${long}`, {}, 'too-long', 'found 53 tokens, expected at most 40'],
    [`[MASK] ${long} [MASK]`, { truncation: true }, 'too-long', 'found 2 masks, of which 1 would'],
    [
      `${long} [MASK]`,
      { truncation: true },
      'too-long',
      'found 1 masks, of which 1 would be cut off',
    ],
    [
      '[MASK]',
      { topK: 0 },
      'bad-option',
      'cannot use `topK`: found 0, expected a whole number from 1',
    ],
    ['[MASK]', { topK: 1.5 }, 'bad-option', 'found 1.5'],
    ['[MASK]', { topK: '5' }, 'bad-option', 'found "5"'],
    ['[MASK]', { topK: 1000 }, 'bad-option', `expected at most ${tokenizer.vocabSize}`],
    ['[MASK]', { targets: [] }, 'bad-option', 'At least one target must be provided'],
    ['[MASK]', { targets: [5] }, 'bad-option', 'found number, expected a string'],
    ['[MASK]', { top_k: 5 }, 'bad-option', 'unknown option: found "top_k", expected topK'],
  ])('%j with %j', async (text, options, code, message) => {
    const asked = fill.call(['a [MASK]', text], options as object);
    await expect(asked).rejects.toThrow(InputError);
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test.each([
    [5, 'found 5, expected a string.'],
    [null, 'found null, expected a string.'],
    [['a [MASK]'], 'found ["a [MASK]"], expected a string.'],
    [{ text: 'a [MASK]' }, 'found {"text":"a [MASK]"}, expected a string.'],
  ])('what is no text: %j', async (input, message) => {
    await expect(fill.call(['a [MASK]', input as never])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(message),
    });
    expect(() => fill.tokenCount(input as never)).toThrow(message);
  });

  test('a single text, which other libraries take without a list', async () => {
    await expect(fill.call('a [MASK]' as unknown as string[])).rejects.toThrow(
      'found "a [MASK]", expected a list of texts.\nWrite a single text as [text].',
    );
  });

  test('a cut that keeps every mask is not', async () => {
    expect(await one(`[MASK] ${long}`, { truncation: true })).toHaveLength(5);
  });
});

describe('a pipeline is not made', () => {
  test('with a tokenizer of another model', async () => {
    const config = { ...maskedLM.config, vocabSize: 20 };
    await expect(fillMask({ model: { ...maskedLM, config }, tokenizer })).rejects.toThrow(
      `found ${tokenizer.vocabSize} tokens, expected at most 20`,
    );
  });

  test.each(['parallelRuns', 'maxBatchTokens'])('with %s 0', async (name) => {
    await expect(fillMask({ model: maskedLM, tokenizer, [name]: 0 })).rejects.toThrow(
      `cannot use \`${name}\`: found 0`,
    );
  });

  test('for longer texts than the model has positions', () => {
    const make = () => fillMask({ model: maskedLM, tokenizer, maxTokens: 41 });
    expect(make).toThrow('found 41, expected a whole number from 3 to 40');
  });
});

test('weights that are no numbers give an error, not an answer', async () => {
  const broken = Object.entries(maskedLM.params).map(([name, { shape }]) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    return [
      name,
      { dtype: 'float32', shape, data: new Float32Array(size).fill(Number.NaN) },
    ] as const;
  });
  const params = Object.fromEntries(broken);
  const damaged = await fillMask({ model: { ...maskedLM, params }, tokenizer, engine: 'eager' });
  await expect(damaged.call(['[MASK]'])).rejects.toThrow('no number as a probability (NaN)');
  damaged.dispose();
});

test.each(['onnxruntime', 'eager'] as const)(
  'what runs on %s when it is disposed finishes, in shapes that are still to be compiled too',
  async (engine) => {
    const other = await fillMask({ model: maskedLM, tokenizer, engine, threads: 1 });
    const texts = maskedTexts(12);
    const expected = await fill.call(texts);
    await other.call(texts.slice(0, 1)); // a shape that is there
    const running = other.call(texts);
    other.dispose();
    expect(close(await running, expected)).toEqual([]);
    await expect(other.call(['[MASK]'])).rejects.toThrow('disposed');
  },
);

test('a disposed pipeline says so', async () => {
  const other = await fillMask({ model: maskedLM, tokenizer, engine: 'eager' });
  other.dispose();
  await expect(other.call(['[MASK]'])).rejects.toThrow('disposed');
});
