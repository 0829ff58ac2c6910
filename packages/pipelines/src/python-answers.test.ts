// Answers of Hugging Face's pipelines (transformers 5.23, torch) on the same weights.

import { beforeAll, describe, expect, test } from '@jest/globals';
import { close } from './close.test-support.js';
import { InputError } from './index.js';
import { ready } from './models.test-support.js';
import { optionsOf, pipelineFor, storedCases } from './python-answers.test-support.js';

beforeAll(ready);

const stored = storedCases();
const models = [...new Set(stored.map(({ model }) => model))];

describe.each(['eager', 'onnxruntime'] as const)('on %s', (engine) => {
  test.each(models)('model %s answers as in Python, in one batch', async (model) => {
    // The reference engine is slow, and the rest is the same code.
    const every = engine === 'eager' ? 4 : 1;
    const cases = stored.filter((each) => each.model === model).filter((_, at) => at % every === 0);
    const answered = cases.filter(({ error }) => !error);
    const pipeline = await pipelineFor(cases[0], engine);
    const answers = await pipeline.call(
      answered.map(({ input }) => input),
      answered.map(optionsOf),
    );
    for (const [at, { input, options, answer }] of answered.entries()) {
      expect({ input, options, differences: close(answers[at], answer) }).toEqual({
        input,
        options,
        differences: [],
      });
    }
    pipeline.dispose();
  });
});

test('what Python refuses is refused, before anything runs', async () => {
  const refused = stored.filter(({ error }) => error);
  expect(refused.length).toBeGreaterThan(8);
  for (const model of new Set(refused.map((each) => each.model))) {
    const cases = refused.filter((each) => each.model === model);
    const pipeline = await pipelineFor(cases[0], 'eager');
    for (const each of cases) {
      const ask = () => pipeline.prepare(each.input, optionsOf(each));
      expect(ask).toThrow(InputError);
      // What Python meets as a shape that does not fit has a better message here.
      if (each.error?.type !== 'RuntimeError') expect(ask).toThrow(each.error?.message);
    }
    pipeline.dispose();
  }
});
