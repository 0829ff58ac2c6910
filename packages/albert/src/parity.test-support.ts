// Classes against Hugging Face's, forward and gradients: the tests of every package of models.
//
// A fixture is a folder with a saved model and, for a padded and a packed batch, inputs, outputs, and gradients of the
// sum of all outputs weighted by cos(i) (tools/reference/nn_parity.py).

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConfig, readSafetensors, type WeightRecord } from '@alectra/checkpoint';
import { compile, type HostTensor } from '@alectra/jit';
import { type ModelClass, type Params, registerGradients, type TokenBatch } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { TFJS_NODE, withTensorflow } from '../../jit/src/tensorflow/installed.test-support.js';

const TOLERANCE = 1e-4;
const BATCHES = ['padded', 'packed'] as const;
const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;

type Outputs = Readonly<Record<string, tf.Tensor>>;
type Values = Readonly<Record<string, ArrayLike<number>>>;
type AnyConfig = { readonly initializerRange: number };
type AnyClass = ModelClass<AnyConfig, Outputs>;

/**
 * Tests every fixture against the class that its config.json names.
 *
 * @param fixtures the package's folder of fixtures
 */
export function describeParity(
  fixtures: URL,
  classes: readonly { readonly architecture: string }[],
): void {
  const root = fileURLToPath(fixtures);
  const cases = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

  async function open(name: string) {
    const folder = `${root}/${name}`;
    const [architecture] = (await readConfig(folder)).architectures as string[];
    // A missing class fails the test at once; outputs of all classes are records of tensors.
    const kind = classes.find((each) => each.architecture === architecture) as AnyClass;
    return { kind, model: await kind.fromPretrained(folder) };
  }
  const expectedOf = (name: string, batch: string): Promise<WeightRecord> =>
    readSafetensors(`${root}/${name}/${batch}.safetensors`);

  tf.env().set('IS_TEST', true);
  beforeAll(async () => {
    await tf.setBackend('cpu');
    registerGradients();
  });

  describe.each(cases)('%s', (name) => {
    test.each(BATCHES)(
      'the class gives the outputs of Hugging Face and leaves nothing behind: %s',
      async (kindOfBatch) => {
        const before = tf.memory().numTensors;
        const { model } = await open(name);
        const expected = await expectedOf(name, kindOfBatch);
        expect(model.loading).toEqual({ missing: [], unexpected: [] });
        const inputs = toTensors(hostBatch(expected));
        const outputs = model.call(inputs);
        for (const [key, output] of Object.entries(outputs))
          expect([key, output.shape]).toEqual([key, [...expected[snake(key)].shape]]);
        expectOutputs(await valuesOf(outputs), expected);
        tf.dispose([outputs, { ...inputs }]);
        model.dispose();
        expect(tf.memory().numTensors).toBe(before);
      },
    );

    test.each(BATCHES)('its gradients are those of PyTorch: %s', async (kindOfBatch) => {
      const { kind, model } = await open(name);
      const expected = await expectedOf(name, kindOfBatch);
      const batch = toTensors(hostBatch(expected));
      const { grads } = differentiate(kind, model.config, model.params, batch);
      expectGradients(await valuesOf(grads), expected);
      model.dispose();
    });

    test.each(withTensorflow('onnxruntime', 'eager'))(
      'compiled for %s, it gives both',
      async (engine) => {
        const { kind, model } = await open(name);
        const [padded, packed] = await Promise.all(BATCHES.map((each) => expectedOf(name, each)));
        const spec = { shape: padded.input_ids.shape, dtype: 'int32' } as const;
        const program = await compile(
          (params: Params, inputs: TokenBatch) => ({
            outputs: differentiate(kind, model.config, params, inputs),
          }),
          {
            state: model.params,
            inputs: { inputIds: spec, attentionMask: spec, tokenTypeIds: spec },
            engine,
            threads: 1,
            tensorflowFrom: TFJS_NODE,
          },
        );
        for (const expected of [padded, packed]) {
          const result = await program.run(hostBatch(expected));
          const { outputs, grads } = result as Record<string, Record<string, HostTensor>>;
          expectOutputs(dataOf(outputs), expected);
          expectGradients(dataOf(grads), expected);
        }
        program.dispose();
        model.dispose();
      },
      60_000,
    );
  });
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
function differentiate(kind: AnyClass, config: AnyConfig, params: Params, batch: TokenBatch) {
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

function expectOutputs(actual: Values, expected: WeightRecord): void {
  const known = Object.keys(expected).filter(
    (key) => !/^(grad\.|__)/.test(key) && !INPUTS.some((input) => input === key),
  );
  expect(Object.keys(actual).map(snake).sort()).toEqual(known.sort());
  for (const [key, values] of Object.entries(actual))
    expect([key, difference(values, expected[snake(key)])]).toEqual([key, 'near']);
}

function expectGradients(actual: Values, expected: WeightRecord): void {
  const found = Object.keys(actual).map((key) => `grad.${key}`);
  // Hugging Face also keeps a bias that an untied head does not use
  const isUsed = (key: string): boolean =>
    found.includes(key) || Array.from(expected[key].data, Number).some((value) => value !== 0);
  const known = Object.keys(expected).filter((key) => key.startsWith('grad.') && isUsed(key));
  expect(found.sort()).toEqual(known.sort());
  for (const key of known)
    expect([key, difference(actual[key.slice(5)], expected[key])]).toEqual([key, 'near']);
}

/** 'near', or by how much the worst value is off. */
function difference(actual: ArrayLike<number>, { data }: WeightRecord[string]): string {
  if (actual.length !== data.length) return `${actual.length} values`;
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const off = Math.abs(actual[i] - Number(data[i]));
    worst = Number.isNaN(off) ? off : Math.max(worst, off);
  }
  return worst <= TOLERANCE ? 'near' : `off by ${worst}`;
}

/** The fixture's inputs; a model without segments has none, and gets zeros. */
function hostBatch(expected: WeightRecord): Record<keyof TokenBatch, HostTensor> {
  const { shape } = expected.input_ids;
  const [inputIds, attentionMask, tokenTypeIds] = INPUTS.map((key): HostTensor => {
    const stored = key in expected ? expected[key].data : new Int32Array(shape[0] * shape[1]);
    return { dtype: 'int32', shape, data: stored as Int32Array };
  });
  return { inputIds, attentionMask, tokenTypeIds };
}

function toTensors(batch: Record<keyof TokenBatch, HostTensor>): TokenBatch {
  const tensor = ({ data, shape }: HostTensor): tf.Tensor2D =>
    tf.tensor2d(data, shape as [number, number], 'int32');
  const { inputIds, attentionMask, tokenTypeIds } = batch;
  return {
    inputIds: tensor(inputIds),
    attentionMask: tensor(attentionMask),
    tokenTypeIds: tensor(tokenTypeIds),
  };
}

function dataOf(tensors: Readonly<Record<string, HostTensor>>): Values {
  return Object.fromEntries(Object.entries(tensors).map(([key, { data }]) => [key, data]));
}

async function valuesOf(tensors: Outputs): Promise<Values> {
  const entries = Object.entries(tensors).map(async ([key, t]) => [key, await t.data()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
