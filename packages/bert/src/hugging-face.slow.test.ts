// Python's transformers loads what we save and answers like us. Needs ALECTRA_PYTHON with transformers and torch.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model } from '@alectra/nn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { bertConfig, electraConfig } from './config.js';
import * as models from './models.js';

const python = process.env.ALECTRA_PYTHON;
const script = fileURLToPath(
  new URL('../../../tools/reference/nn_model_outputs.py', import.meta.url),
);
const sizes = {
  vocabSize: 40,
  hiddenSize: 16,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  intermediateSize: 32,
  maxPositionEmbeddings: 12,
  initializerRange: 0.3,
};
const bert = bertConfig(sizes);
const electra = electraConfig({ ...sizes, embeddingSize: 8 });
const inputs = {
  input_ids: [
    [2, 7, 9, 4, 3],
    [2, 30, 3, 0, 0],
  ],
  attention_mask: [
    [1, 1, 1, 1, 1],
    [1, 1, 1, 0, 0],
  ],
  token_type_ids: [
    [0, 0, 1, 1, 1],
    [0, 0, 0, 0, 0],
  ],
};

type Saved = Model<unknown, Readonly<Record<string, tf.Tensor>>>;

interface Answer {
  readonly missing: string[];
  readonly unexpected: string[];
  readonly outputs: Record<string, number[]>;
}

tf.env().set('IS_TEST', true);
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'bert-python-'));
});
afterAll(() => rm(folder, { recursive: true }));

(python ? test : test.skip)(
  'every saved class loads in Python and answers the same',
  async () => {
    // Hugging Face has no class for Google's own classifier.
    const kinds = Object.values(models).filter((kind) => kind !== models.ElectraGoogleClassifier);
    const made = new Map<string, Saved>();
    for (const kind of kinds) {
      // A class takes the config of its own family, which its name says.
      const make = kind.init as (config: object, options: { seed: number }) => unknown;
      const model = make(kind.architecture.startsWith('Bert') ? bert : electra, {
        seed: 5,
      }) as Saved;
      await model.savePretrained(join(folder, kind.architecture));
      made.set(kind.architecture, model);
    }
    const folders = Object.fromEntries([...made.keys()].map((name) => [name, join(folder, name)]));
    const text = execFileSync(python as string, [script], {
      input: JSON.stringify({ inputs, folders }),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const answers: Record<string, Answer> = JSON.parse(text.toString());
    const ids = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows, [2, 5], 'int32');
    for (const [name, model] of made) {
      const outputs = model.call({
        inputIds: ids(inputs.input_ids),
        attentionMask: ids(inputs.attention_mask),
        tokenTypeIds: ids(inputs.token_type_ids),
      });
      expect([name, answers[name].missing, answers[name].unexpected]).toEqual([name, [], []]);
      expect(Object.keys(outputs).length).toBe(Object.keys(answers[name].outputs).length);
      for (const [key, output] of Object.entries(outputs)) {
        const theirs = answers[name].outputs[key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)];
        const off = tf.max(tf.abs(tf.sub(output, tf.tensor(theirs, output.shape))));
        expect((await off.data())[0]).toBeLessThan(1e-4);
      }
    }
  },
  300_000,
);
