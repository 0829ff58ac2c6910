// onnx/model.onnx of a class, in ONNX Runtime as others use it: int64 inputs of any size.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFromPretrained, saveOnnx } from '@alectra/checkpoint';
import { exportOnnx } from '@alectra/jit';
import { registerKernels } from '@alectra/nn';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import ort from 'onnxruntime-node';
import { albertConfig } from '../../albert/src/config.js';
import { albertModels } from '../../albert/src/family.js';
import * as albert from '../../albert/src/models.js';
import { bertConfig, electraConfig } from './config.js';
import { bertModels, electraModels } from './families.js';
import * as bert from './models.js';

const families = [albertModels, bertModels, electraModels];
const sizes = {
  vocabSize: 23,
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 16,
  initializerRange: 0.3,
};
/** By what names of classes begin with. */
const configs = {
  Albert: (size: object) => albertConfig({ ...sizes, ...size, embeddingSize: 4 }),
  Bert: (size: object) => bertConfig({ ...sizes, ...size }),
  Electra: (size: object) => electraConfig({ ...sizes, ...size, embeddingSize: 4 }),
};
type Kind = (typeof albert)[keyof typeof albert] | (typeof bert)[keyof typeof bert];

/** Every class of ALBERT, BERT and ELECTRA. */
export const ALL_CLASSES: readonly Kind[] = [...Object.values(albert), ...Object.values(bert)];

/** A test for each class: a random model of so many positions is saved, loaded, exported and asked. */
export function testExport(kinds: readonly Kind[], positions = 29): void {
  tf.env().set('IS_TEST', true);
  test.each(kinds.map((kind) => [kind.architecture, kind] as const))(
    `%s of ${positions} positions answers the same at sizes it was never traced for`,
    async (name, kind) => {
      await tf.setBackend('cpu');
      registerKernels();
      const folder = await mkdtemp(join(tmpdir(), 'onnx-'));
      // A class takes the config of its own family, which its name begins with.
      const init = kind.init as (config: object, options: { seed: number }) => bert.BertModel;
      const config = Object.entries(configs).find(([family]) => name.startsWith(family))?.[1];
      const made = init(config?.({ maxPositionEmbeddings: positions }) ?? {}, { seed: 3 });
      await made.savePretrained(folder);
      made.dispose();
      const loaded = await modelFromPretrained(folder, { families });
      const file = await saveOnnx(folder, loaded, exportOnnx);
      expect(file).toBe(join(folder, 'onnx/model.onnx'));
      const session = await ort.InferenceSession.create(file);
      for (const [B, S] of [
        [1, 1],
        [3, positions],
      ]) {
        const ids = Array.from({ length: B * S }, (_, i) => 1 + ((i * 5) % 22));
        const mask = ids.map((_, i) => Number(i % S < S - Math.floor(i / S)));
        const types = ids.map((_, i) => i % 2);
        const whole = (values: number[]) => tf.tensor2d(values, [B, S], 'int32');
        const ours = loaded.model.call({
          inputIds: whole(ids),
          attentionMask: whole(mask),
          tokenTypeIds: whole(types),
        });
        const big = (values: number[]) =>
          new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [B, S]);
        const found = await session.run({
          input_ids: big(ids),
          attention_mask: big(mask),
          token_type_ids: big(types),
        });
        const outputs = Object.entries(ours) as [string, tf.Tensor][];
        expect(Object.keys(found).length).toBe(outputs.length);
        for (const [key, output] of outputs) {
          const theirs = found[key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)];
          expect([key, theirs.dims]).toEqual([key, output.shape]);
          const off = tf.max(
            tf.abs(tf.sub(output, tf.tensor(theirs.data as Float32Array, output.shape))),
          );
          expect(off.dataSync()[0]).toBeLessThan(1e-4);
        }
      }
      await session.release();
      await rm(folder, { recursive: true });
    },
    60_000,
  );
}
