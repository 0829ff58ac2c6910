// Python's transformers loads what we save and answers like us. Needs ALECTRA_PYTHON with transformers and torch.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, type HostTensor } from '@alectra/jit';
import { hostRandomBits, type Params, registerGradients, type TokenBatch } from '@alectra/nn';
import { expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { albertConfig } from './config.js';
import { askPython, testSavedClasses, testWithPython } from './hugging-face.test-support.js';
import * as models from './models.js';
import { albertPreset } from './presets.js';

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

testSavedClasses(Object.values(models).map((kind) => [kind, config] as const));

testWithPython(
  'folders saved in half precision load as such and answer nearly the same',
  async () => {
    tf.env().set('IS_TEST', true);
    await tf.setBackend('cpu');
    const [ids, types] = [[[2, 7, 9, 4, 3]], [[0, 0, 1, 1, 1]]];
    const path = mkdtempSync(join(tmpdir(), 'albert-python-'));
    const saved = [
      ['float16', 0.02, models.AlbertForTokenClassification],
      ['bfloat16', 0.15, models.AlbertForSequenceClassification],
    ] as const;
    for (const [dtype, , kind] of saved)
      await kind.init(config, { seed: 2 }).savePretrained(join(path, kind.architecture), { dtype });
    const answers = askPython(
      { input_ids: ids, attention_mask: [[1, 1, 1, 1, 1]], token_type_ids: types },
      Object.fromEntries(saved.map(([, , { architecture: name }]) => [name, join(path, name)])),
    );
    for (const [dtype, tolerance, kind] of saved) {
      const { [kind.architecture]: theirs } = answers;
      expect(theirs).toMatchObject({ missing: [], unexpected: [], dtype: `torch.${dtype}` });
      const { logits } = (await kind.fromPretrained(join(path, kind.architecture))).call({
        inputIds: tf.tensor2d(ids, [1, 5], 'int32'),
        tokenTypeIds: tf.tensor2d(types, [1, 5], 'int32'),
      });
      // they compute in half precision, we in full
      const off = tf.max(tf.abs(tf.sub(logits, tf.tensor(theirs.outputs.logits, logits.shape))));
      expect((await off.data())[0]).toBeLessThan(tolerance);
    }
    rmSync(path, { recursive: true });
  },
  300_000,
);

testWithPython(
  'alectra-small at full size, on onnxruntime, answers the same',
  async () => {
    tf.env().set('IS_TEST', true);
    await tf.setBackend('cpu');
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
    const path = mkdtempSync(join(tmpdir(), 'albert-python-'));
    await model.savePretrained(path);
    const given = {
      input_ids: rows(ids),
      attention_mask: rows(mask),
      token_type_ids: rows(types),
    };
    const { outputs: theirs } = askPython(given, { [kind.architecture]: path })[kind.architecture];
    rmSync(path, { recursive: true });
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
