// Each class drops as often as Hugging Face's in a step of training, by each rate of its config: fixture of
// tools/reference/bert_dropout.py.

import { readFileSync } from 'node:fs';
import { type ModelClass, registerKernels, type TokenBatch } from '@alectra/nn';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { albertConfigFromJson } from '../../albert/src/config.js';
import * as albert from '../../albert/src/models.js';
import { batch } from '../../albert/src/tiny-batch.test-support.js';
import { gptConfigFromJson } from '../../gpt/src/config.js';
import * as gpt from '../../gpt/src/models.js';
import { bertConfigFromJson, electraConfigFromJson } from './config.js';
import * as models from './models.js';

const fixture = new URL('../fixtures/dropout.json', import.meta.url);
const counts: Record<string, Record<string, number>> = JSON.parse(
  readFileSync(fixture, 'utf8'),
).counts;

const sizes = {
  vocab_size: 29,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 10,
};
/** By what names of classes begin with. */
const configs: Record<string, (rates: object) => object> = {
  Bert: (rates) => bertConfigFromJson({ ...sizes, ...rates }),
  Electra: (rates) => electraConfigFromJson({ ...sizes, embedding_size: 6, ...rates }),
  Albert: (rates) => albertConfigFromJson({ ...sizes, embedding_size: 6, ...rates }),
  OpenAIGPT: (rates) =>
    gptConfigFromJson({
      vocab_size: 29,
      n_embd: 8,
      n_layer: 2,
      n_head: 2,
      n_positions: 10,
      ...rates,
    }),
};
// Each takes the config of its own family, which its name begins with.
const kinds = [models, albert, gpt].flatMap((each) => Object.values(each)) as unknown as ModelClass<
  object,
  object
>[];

let draws = 0;
beforeAll(async () => {
  registerKernels('cpu');
  tf.registerBackend('counting', tf.findBackendFactory('cpu'));
  tf.copyRegisteredKernels('cpu', 'counting');
  const { kernelFunc } = tf.getKernel('RandomBits', 'cpu');
  tf.unregisterKernel('RandomBits', 'counting');
  tf.registerKernel({
    kernelName: 'RandomBits',
    backendName: 'counting',
    kernelFunc: (call) => {
      draws++;
      return kernelFunc(call);
    },
  });
  await tf.setBackend('counting');
});

test.each(Object.entries(counts))(
  '%s drops where it does in Hugging Face: %j',
  (name, expected) => {
    const kind = kinds.find(({ architecture }) => architecture === name);
    const config = Object.entries(configs).find(([family]) => name.startsWith(family))?.[1];
    const rates = Object.keys(expected);
    const found = rates.map((rate) => {
      const only = Object.fromEntries(rates.map((each) => [each, each === rate ? 0.5 : 0]));
      const given = config?.(only) ?? {};
      const model = kind?.init(given, { seed: 1 });
      draws = 0;
      tf.tidy(() => {
        const key = { seed: tf.scalar(1, 'int32'), counter: tf.scalar(0, 'int32') };
        model?.call(batch as TokenBatch, { dropout: key });
      });
      model?.dispose();
      return [rate, draws];
    });
    expect(Object.fromEntries(found)).toEqual(expected);
  },
);
