import {
  attentionBias,
  embedding,
  gelu,
  layerNorm,
  linear,
  registerKernels,
  selfAttention,
} from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import ort from 'onnxruntime-node';
import { exportOnnx, type HostTensor } from '../index.js';

tf.env().set('IS_TEST', true);
registerKernels('cpu');

const H = 8;
const VOCABULARY = 11;

function numbers(shape: number[], seed: number): HostTensor {
  let state = seed;
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
  return { dtype: 'float32', shape, data };
}

const params = {
  'words.weight': numbers([VOCABULARY, H], 1),
  'positions.weight': numbers([32, H], 2),
  'qkv.weight': numbers([3 * H, H], 3),
  'qkv.bias': numbers([3 * H], 4),
  'norm.weight': numbers([H], 5),
  'norm.bias': numbers([H], 6),
  'unused.weight': numbers([100], 7),
};
type Params = Record<string, tf.Tensor>;
type Inputs = { input_ids: tf.Tensor2D; attention_mask: tf.Tensor2D };

/** A small transformer: embeddings, attention, GELU, a norm, and tied logits. */
function encode(p: Params, { input_ids, attention_mask }: Inputs) {
  const [B, S] = input_ids.shape;
  const words = embedding(p['words.weight'] as tf.Tensor2D, tf.reshape(input_ids, [B * S]));
  const places = tf.slice(p['positions.weight'] as tf.Tensor2D, [0, 0], [S, H]);
  const x = tf.reshape(tf.add(tf.reshape(words, [B, S, H]), places), [B * S, H]) as tf.Tensor2D;
  const packed = {
    weight: p['qkv.weight'] as tf.Tensor2D,
    bias: p['qkv.bias'] as tf.Tensor1D,
    heads: 2,
  };
  const context = selfAttention(packed, x, { batchSize: B, bias: attentionBias(attention_mask) });
  const y = layerNorm(p, 'norm', tf.add(x, gelu(context)), 1e-6);
  const logits = linear({ 'out.weight': p['words.weight'] }, 'out', tf.reshape(y, [B, S, H]));
  return { outputs: { logits, pooled: tf.mean(tf.reshape(y, [B, S, H]), 2) } };
}

const open = { dtype: 'int64', shape: ['batch', 'sequence'] } as const;

describe('an exported function', () => {
  test('runs at sizes it was never traced for, from int64 inputs', async () => {
    const model = await exportOnnx(encode, {
      state: params,
      inputs: { input_ids: open, attention_mask: open },
    });
    const session = await ort.InferenceSession.create(Uint8Array.from(model));
    expect([...session.inputNames].sort()).toEqual(['attention_mask', 'input_ids']);
    expect(session.outputNames).toEqual(['logits', 'pooled']);
    for (const [B, S] of [
      [1, 1],
      [3, 4],
      [2, 20],
    ]) {
      const ids = Array.from({ length: B * S }, (_, i) => (i * 5) % VOCABULARY);
      const mask = ids.map((_, i) => Number(i % S < S - 1 || S === 1));
      const big = (values: number[]) =>
        new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [B, S]);
      const found = await session.run({ input_ids: big(ids), attention_mask: big(mask) });
      const expected = tf.tidy(() => {
        const tensors = Object.fromEntries(
          Object.entries(params).map(([name, { data, shape }]) => [
            name,
            tf.tensor(data, [...shape]),
          ]),
        );
        const { outputs } = encode(tensors, {
          input_ids: tf.tensor2d(ids, [B, S], 'int32'),
          attention_mask: tf.tensor2d(mask, [B, S], 'int32'),
        });
        return { logits: outputs.logits.dataSync(), pooled: outputs.pooled.dataSync() };
      });
      expect(found.logits.dims).toEqual([B, S, VOCABULARY]);
      for (const name of ['logits', 'pooled'] as const) {
        for (const [i, value] of expected[name].entries())
          expect((found[name].data as Float32Array)[i]).toBeCloseTo(value, 4);
      }
    }
    await session.release();
  });

  test('holds no operator of a vendor, and no weight that is not read', async () => {
    const model = await exportOnnx(encode, {
      state: params,
      inputs: { input_ids: open, attention_mask: open },
    });
    const text = Buffer.from(model).toString('latin1');
    expect(text).toContain('words.weight');
    expect(text).not.toContain('unused.weight');
    expect(text).not.toContain('FusedMatMul');
  });

  test('cannot depend on an open axis through a constant', async () => {
    const step = (_: unknown, { x }: { x: tf.Tensor }) => ({
      outputs: { y: tf.add(x, tf.range(0, x.shape[0])) },
    });
    const options = { state: {}, inputs: { x: { dtype: 'float32', shape: ['n'] } } } as const;
    await expect(exportOnnx(step, options)).rejects.toThrow(
      'a float32 constant of the function depends',
    );
  });
});
