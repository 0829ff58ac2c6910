// The classes against Hugging Face's, forward and gradients: fixtures of tools/reference/albert_parity.py.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConfig, readSafetensors, type WeightRecord } from '@alectra/checkpoint';
import { compile, type HostTensor } from '@alectra/jit';
import { type ModelClass, type Params, registerGradients, type TokenBatch } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { AlbertConfig } from './config.js';
import {
  AlbertForMaskedLM,
  AlbertForPreTraining,
  AlbertForQuestionAnswering,
  AlbertForSequenceClassification,
  AlbertForTokenClassification,
  AlbertModel,
} from './models.js';

const TOLERANCE = 1e-4;
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const cases = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

type Outputs = Readonly<Record<string, tf.Tensor>>;
type AnyClass = ModelClass<AlbertConfig, Outputs>;

const classes = new Map<string, AnyClass>(
  [
    AlbertModel,
    AlbertForMaskedLM,
    AlbertForPreTraining,
    AlbertForTokenClassification,
    AlbertForSequenceClassification,
    AlbertForQuestionAnswering,
    // An interface whose members are all tensors is a record of tensors, which TypeScript does not see.
  ].map((kind) => [kind.architecture, kind as unknown as AnyClass]),
);

tf.env().set('IS_TEST', true);
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerGradients();
});

async function open(name: string) {
  const folder = `${fixtures}/${name}`;
  const [architecture] = (await readConfig(folder)).architectures as string[];
  const kind = classes.get(architecture) as AnyClass; // a missing class fails the test at once
  const expected = await readSafetensors(`${folder}/expected.safetensors`);
  return { kind, folder, expected };
}

/** The fixture's loss: every output weighted by cos(i). */
function loss(outputs: Outputs): tf.Scalar {
  return tf.addN(
    Object.values(outputs).map((output) =>
      tf.sum<tf.Scalar>(tf.mul(output, tf.reshape(tf.cos(tf.range(0, output.size)), output.shape))),
    ),
  );
}

/** Outputs, and gradients of the loss, by parameter name. */
function differentiate(kind: AnyClass, config: AlbertConfig, params: Params, batch: TokenBatch) {
  const names = Object.keys(params);
  let outputs: Outputs = {};
  const { grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
    const given = Object.fromEntries(tensors.map((tensor, i) => [names[i], tensor]));
    outputs = kind.forward(given, config, batch);
    for (const output of Object.values(outputs)) tf.keep(output);
    return loss(outputs);
  })(names.map((name) => params[name]));
  return { outputs, grads: Object.fromEntries(grads.map((grad, i) => [names[i], grad])) };
}

function expectOutputs(
  actual: Readonly<Record<string, ArrayLike<number>>>,
  expected: WeightRecord,
): void {
  const given = ['input_ids', 'attention_mask', 'token_type_ids'];
  const known = Object.keys(expected).filter(
    (key) => !/^(grad\.|__)/.test(key) && !given.includes(key),
  );
  expect(Object.keys(actual).map(snake).sort()).toEqual(known.sort());
  for (const [key, values] of Object.entries(actual)) {
    expect([key, difference(values, expected[snake(key)].data as Float32Array)]).toEqual([
      key,
      'near',
    ]);
  }
}

function expectGradients(
  actual: Readonly<Record<string, ArrayLike<number>>>,
  expected: WeightRecord,
): void {
  const known = Object.keys(expected).filter((key) => key.startsWith('grad.'));
  expect(
    Object.keys(actual)
      .map((key) => `grad.${key}`)
      .sort(),
  ).toEqual(known.sort());
  for (const key of known)
    expect([key, difference(actual[key.slice(5)], expected[key].data as Float32Array)]).toEqual([
      key,
      'near',
    ]);
}

/** 'near', or by how much the worst value is off. */
function difference(actual: ArrayLike<number>, expected: Float32Array): string {
  if (actual.length !== expected.length) return `${actual.length} values`;
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const off = Math.abs(actual[i] - expected[i]);
    worst = Number.isNaN(off) ? off : Math.max(worst, off);
  }
  return worst <= TOLERANCE ? 'near' : `off by ${worst}`;
}

async function values(tensors: Outputs): Promise<Record<string, ArrayLike<number>>> {
  const entries = Object.entries(tensors).map(async ([key, t]) => [key, await t.data()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

describe.each(cases)('%s', (name) => {
  test('the class gives the outputs of Hugging Face and leaves nothing behind', async () => {
    const { kind, folder, expected } = await open(name);
    const before = tf.memory().numTensors;
    const model = await kind.fromPretrained(folder);
    expect(model.loading).toEqual({ missing: [], unexpected: [] });
    const inputs = batchOf(expected);
    const outputs = model.call(inputs);
    for (const [key, output] of Object.entries(outputs))
      expect([key, output.shape]).toEqual([key, [...expected[snake(key)].shape]]);
    expectOutputs(await values(outputs), expected);
    tf.dispose([outputs, { ...inputs }]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('its gradients are those of PyTorch', async () => {
    const { kind, folder, expected } = await open(name);
    const model = await kind.fromPretrained(folder);
    const { grads } = differentiate(kind, model.config, model.params, batchOf(expected));
    expectGradients(await values(grads), expected);
    model.dispose();
  });

  test.each(['onnxruntime', 'eager'] as const)('compiled for %s, it gives both', async (engine) => {
    const { kind, folder, expected } = await open(name);
    const model = await kind.fromPretrained(folder);
    const { shape } = expected.input_ids;
    const program = await compile(
      (params: Params, batch: TokenBatch) => ({
        outputs: differentiate(kind, model.config, params, batch),
      }),
      {
        state: model.params,
        inputs: {
          inputIds: { shape, dtype: 'int32' },
          attentionMask: { shape, dtype: 'int32' },
          tokenTypeIds: { shape, dtype: 'int32' },
        },
        engine,
        threads: 1,
      },
    );
    const result = await program.run({
      inputIds: expected.input_ids.data as Int32Array,
      attentionMask: expected.attention_mask.data as Int32Array,
      tokenTypeIds: expected.token_type_ids.data as Int32Array,
    });
    const { outputs, grads } = result as Record<string, Record<string, HostTensor>>;
    const data = (tensors: Record<string, HostTensor>): Record<string, ArrayLike<number>> =>
      Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, tensor.data]));
    expectOutputs(data(outputs), expected);
    expectGradients(data(grads), expected);
    program.dispose();
    model.dispose();
  });
});

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function batchOf(expected: WeightRecord): TokenBatch {
  const ids = (key: string): tf.Tensor2D => {
    const { data, shape } = expected[key];
    return tf.tensor2d(data as Int32Array, [...shape] as [number, number], 'int32');
  };
  return {
    inputIds: ids('input_ids'),
    attentionMask: ids('attention_mask'),
    tokenTypeIds: ids('token_type_ids'),
  };
}
