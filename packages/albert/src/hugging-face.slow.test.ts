// Python's transformers loads what we save and answers like us. Needs ALECTRA_PYTHON with transformers and torch.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, type HostTensor } from '@alectra/jit';
import {
  hostRandomBits,
  type Model,
  type Params,
  registerGradients,
  type TokenBatch,
} from '@alectra/nn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type AlbertConfig, albertConfig } from './config.js';
import * as models from './models.js';
import { albertPreset } from './presets.js';

const python = process.env.ALECTRA_PYTHON;
const script = fileURLToPath(
  new URL('../../../tools/reference/nn_model_outputs.py', import.meta.url),
);
const config = albertConfig({
  vocabSize: 40,
  embeddingSize: 8,
  hiddenSize: 16,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  intermediateSize: 32,
  maxPositionEmbeddings: 12,
  initializerRange: 0.3,
  attentionOutputDropout: 'attention',
});
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

/** What Python answers for model folders by class name. */
function ask(given: object, folders: Record<string, string>): Record<string, Answer> {
  const text = execFileSync(python as string, [script], {
    input: JSON.stringify({ inputs: given, folders }),
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(text.toString());
}

tf.env().set('IS_TEST', true);
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'albert-python-'));
});
afterAll(() => rm(folder, { recursive: true }));

(python ? test : test.skip)(
  'every saved class loads in Python and answers the same',
  async () => {
    const kinds = Object.values(models);
    const made = new Map<string, Saved>();
    for (const kind of kinds) {
      // An interface whose members are all tensors is a record of tensors.
      const make = kind.init as (given: AlbertConfig, options: { seed: number }) => unknown;
      const model = make(config, { seed: 5 }) as Saved;
      await model.savePretrained(join(folder, kind.architecture));
      made.set(kind.architecture, model);
    }
    const folders = Object.fromEntries([...made.keys()].map((name) => [name, join(folder, name)]));
    const answers = ask(inputs, folders);
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

(python ? test : test.skip)(
  'alectra-small at full size, on onnxruntime, answers the same',
  async () => {
    registerGradients();
    const [B, S] = [2, 128];
    const ids = hostRandomBits(3, 0, 'ids', B * S).map((bits) => 1 + (bits % 30521));
    const lengths = [S, 71];
    const mask = Int32Array.from(ids, (_, i) => (i % S < lengths[Math.floor(i / S)] ? 1 : 0));
    const types = Int32Array.from(ids, (_, i) => (i % S < 40 ? 0 : 1));
    const rows = (values: Int32Array): number[][] =>
      Array.from({ length: B }, (_, b) => [...values.subarray(b * S, (b + 1) * S)]);

    const kind = models.AlbertForTokenClassification;
    const small = albertPreset('alectra-small');
    const model = kind.init(small, { seed: 2 });
    const path = join(folder, 'full');
    await model.savePretrained(path);
    const given = {
      input_ids: rows(ids),
      attention_mask: rows(mask),
      token_type_ids: rows(types),
    };
    const { outputs: theirs } = ask(given, { [kind.architecture]: path })[kind.architecture];
    const spec = { shape: [B, S], dtype: 'int32' } as const;
    const program = await compile(
      (params: Params, batch: TokenBatch) => ({
        outputs: { ...kind.forward(params, small, batch) },
      }),
      {
        state: model.params,
        inputs: { inputIds: spec, attentionMask: spec, tokenTypeIds: spec },
        engine: 'onnxruntime',
        threads: 2,
      },
    );
    const ours = (await program.run({
      inputIds: ids,
      attentionMask: mask,
      tokenTypeIds: types,
    })) as Record<string, HostTensor>;
    program.dispose();
    const worst = theirs.logits.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(ours.logits.data[i]))),
      0,
    );
    expect(worst).toBeLessThan(1e-4);
  },
  300_000,
);
