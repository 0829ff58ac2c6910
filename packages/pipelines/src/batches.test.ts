// What holds for every task: an answer alone is the answer in any batch, on every engine, and nothing leaks.

import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { close } from './close.test-support.js';
import {
  detectReplaced,
  featureExtraction,
  fillMask,
  type Pipeline,
  textClassification,
  tokenClassification,
} from './index.js';
import {
  discriminator,
  encoder,
  maskedLM,
  maskedTexts,
  ready,
  sequenceClassifier,
  tokenClassifier,
  tokenizer,
} from './models.test-support.js';

beforeAll(ready);

type Engine = 'eager' | 'onnxruntime';
const shared = (engine: Engine) => ({ tokenizer, engine, threads: 1 });

const TASKS: Readonly<
  Record<
    string,
    (engine: Engine) => Promise<Pick<Pipeline<string, object, unknown>, 'call' | 'dispose'>>
  >
> = {
  'fill-mask': (engine) => fillMask({ model: maskedLM, ...shared(engine) }),
  'text-classification': (engine) =>
    textClassification({ model: sequenceClassifier, ...shared(engine) }),
  'token-classification': (engine) =>
    tokenClassification({ model: tokenClassifier, ...shared(engine) }),
  'detect-replaced': (engine) => detectReplaced({ model: discriminator, ...shared(engine) }),
  'feature-extraction': (engine) => featureExtraction({ model: encoder, ...shared(engine) }),
};

const texts = maskedTexts(14);

describe.each(['onnxruntime', 'eager'] as const)('on %s', (engine) => {
  test.each(Object.keys(TASKS))('%s: alone as in any batch', async (task) => {
    const before = tf.memory().numTensors;
    const pipeline = await TASKS[task](engine);
    const some = engine === 'eager' ? texts.slice(0, 6) : texts;
    const together = await pipeline.call(some);
    const backwards = await pipeline.call([...some].reverse());
    expect(close(backwards.reverse(), together)).toEqual([]);
    for (const [at, text] of some.entries()) {
      expect(close(await pipeline.call([text]), [together[at]])).toEqual([]);
    }
    pipeline.dispose();
    await new Promise((resolve) => setTimeout(resolve));
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('two engines give one answer', async () => {
  const answers = [];
  for (const engine of ['onnxruntime', 'eager'] as const) {
    const pipeline = await TASKS['fill-mask'](engine);
    answers.push(await pipeline.call(texts.slice(0, 4)));
    pipeline.dispose();
  }
  expect(close(answers[0], answers[1])).toEqual([]);
});
