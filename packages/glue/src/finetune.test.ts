import { AlbertForSequenceClassification, albertConfig } from '@alectra/albert';
import { compile, type HostTensor } from '@alectra/jit';
import { registerGradients, registerKernels } from '@alectra/nn';
import { adamw, lossAndGradients, type OptimizerState } from '@alectra/optim';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { batchTensors } from './batch-tensors.js';
import type { EncodedExample } from './encode-examples.js';
import type { Params, RandomKey, SentenceEncoder } from './encoder.js';
import {
  type FinetuneTask,
  finetuneLoss,
  finetuneTask,
  type LabelledBatch,
  predictStep,
} from './finetune.js';

tf.env().set('IS_TEST', true);
jest.setTimeout(60_000); // compiling takes seconds; a busy machine takes longer

beforeAll(() => {
  registerKernels('cpu');
  registerGradients();
});

/** Logits are rows of a parameter, whatever the text. */
const rows: SentenceEncoder = { logits: ({ logits }) => tf.clone(logits as tf.Tensor2D) };

function batchOf(labels: number[], weights: number[], dtype: 'int32' | 'float32'): LabelledBatch {
  const ids = tf.zeros<tf.Rank.R2>([labels.length, 1], 'int32');
  return {
    inputIds: ids,
    attentionMask: tf.ones([labels.length, 1], 'int32'),
    tokenTypeIds: ids,
    labels: tf.tensor1d(labels, dtype),
    weights: tf.tensor1d(weights),
  };
}

describe('finetuneLoss', () => {
  test('is the mean cross-entropy of the rows that count', async () => {
    const logits = tf.tensor2d([Math.log(3), 0, 0, 0, 0, 0, 100, 0, 0], [3, 3]);
    const batch = batchOf([0, 1, 2], [1, 1, 0], 'int32');
    const loss = finetuneLoss({ encoder: rows, isRegression: false }, { logits }, batch);
    // -ln(3/5) and ln 3; the third row would be 100
    expect((await loss.data())[0]).toBeCloseTo((Math.log(5 / 3) + Math.log(3)) / 2, 6);
  });

  test('is the squared error of scores divided by their scale', async () => {
    const logits = tf.tensor2d([0.5, 1, 9], [3, 1]);
    const batch = batchOf([5, 2.5, 0], [1, 1, 0], 'float32');
    const options = { encoder: rows, isRegression: true };
    const loss = (scoreScale?: number) =>
      finetuneLoss({ ...options, ...(scoreScale && { scoreScale }) }, { logits }, batch).data();
    expect((await loss(5))[0]).toBeCloseTo((0.5 ** 2 + 0.5 ** 2) / 2, 6);
    expect((await loss())[0]).toBeCloseTo((4.5 ** 2 + 1.5 ** 2) / 2, 5);
  });

  test('of a batch without examples is 0', async () => {
    const logits = tf.tensor2d([1, 2], [1, 2]);
    const batch = batchOf([0], [0], 'int32');
    const loss = finetuneLoss({ encoder: rows, isRegression: false }, { logits }, batch);
    expect((await loss.data())[0]).toBe(0);
  });

  test('leaves nothing behind', () => {
    const logits = tf.tensor2d([1, 2], [1, 2]);
    const batch = batchOf([0], [1], 'int32');
    const before = tf.memory().numTensors;
    finetuneLoss({ encoder: rows, isRegression: false }, { logits }, batch).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('predictStep', () => {
  test('gives scores in the units of the task', async () => {
    const logits = tf.tensor2d([0.5], [1, 1]);
    const predict = predictStep({ encoder: rows, isRegression: true, scoreScale: 5 });
    const { outputs } = predict(
      { parameters: { logits } },
      { batch: batchOf([0], [1], 'float32') },
    );
    expect((await outputs.logits.data())[0]).toBe(2.5);
  });
});

describe('finetuneTask', () => {
  const config = albertConfig({
    ...{ vocabSize: 40, embeddingSize: 8, hiddenSize: 16, numHiddenLayers: 2 },
    ...{ numAttentionHeads: 2, intermediateSize: 32, maxPositionEmbeddings: 16 },
    ...{ hiddenDropoutProb: 0.1, attentionProbsDropoutProb: 0.1, initializerRange: 0.2 },
  });
  const encoder: SentenceEncoder = {
    logits: (params, inputs, options) =>
      AlbertForSequenceClassification.forward(params, config, inputs, options).logits,
  };
  const first = AlbertForSequenceClassification.initialTensors(config, { seed: 1 });
  // Class 1 if token 7 occurs.
  const examples: EncodedExample[] = Array.from({ length: 8 }, (_, index) => ({
    index,
    ids: Int32Array.of(2, index % 2 ? 7 : 8, 10 + index, 3),
    typeIds: new Int32Array(4),
    label: index % 2,
  }));
  const optimizer = adamw({ biasCorrection: true });
  const task = finetuneTask({ encoder, isRegression: false });
  function step(
    state: { readonly parameters: Params; readonly optimizer: OptimizerState },
    inputs: {
      readonly batch: Readonly<Record<string, tf.Tensor>>;
      readonly random: RandomKey;
      readonly learningRate: tf.Scalar;
      readonly step: tf.Scalar;
    },
  ) {
    const { result, gradients } = lossAndGradients(state.parameters, (params) =>
      task.loss(params, inputs.batch, inputs.random),
    );
    const next = optimizer.update(state.parameters, gradients, state.optimizer, inputs);
    return {
      state: { parameters: next.params, optimizer: next.state },
      outputs: { loss: result.loss },
    };
  }
  const batch = batchTensors({ rows: 8, width: 8, examples }, { padId: 0, isRegression: false });
  const specs = Object.fromEntries(
    Object.entries(batch).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  );
  const zeros = (prefix: string) =>
    Object.entries(first).map(([name, { shape, data }]): [string, HostTensor] => [
      `${prefix}.${name}`,
      { dtype: 'float32', shape, data: new Float32Array(data.length) },
    ]);

  async function losses(engine: 'eager' | 'onnxruntime', steps: number): Promise<number[]> {
    const program = await compile(step, {
      state: { parameters: first, optimizer: Object.fromEntries([...zeros('m'), ...zeros('v')]) },
      inputs: {
        batch: specs,
        random: { seed: { dtype: 'int32', shape: [] }, counter: { dtype: 'int32', shape: [] } },
        learningRate: { dtype: 'float32', shape: [] },
        step: { dtype: 'float32', shape: [] },
      },
      engine,
      threads: 1,
    });
    const found: number[] = [];
    for (let i = 0; i < steps; i++) {
      const outputs = (await program.run({
        batch: { ...batch },
        random: { seed: 1, counter: i },
        learningRate: 0.01,
        step: i + 1,
      })) as { loss: HostTensor };
      found.push(Number(outputs.loss.data[0]));
    }
    program.dispose();
    return found;
  }

  test('learns what tells two classes apart, through dropout', async () => {
    const found = await losses('onnxruntime', 60);
    expect(Math.abs(found[0] - Math.LN2)).toBeLessThan(0.5);
    expect(Math.max(...found.slice(-5))).toBeLessThan(0.1);
  });

  test.each<[string, (readonly number[])[]]>([
    ['rows that all count', [[1, 1, 1, 1, 1, 1, 1, 1]]],
    ['some that count more, and others nothing', [[1, 0.5, 2, 0, 1, 0, 0.25, 1]]],
    [
      'a half that counts nothing',
      [
        [0, 0, 0, 0, 0, 1, 1, 0],
        [1, 0, 1, 1, 1, 0, 0, 0],
      ],
    ],
    ['less than one row', [[0.25, 0, 0, 0, 0, 0, 0.25, 0]]],
    ['no rows', [[0, 0, 0, 0, 0, 0, 0, 0]]],
  ])('has shares that add up to its loss, as their gradients do: %s', (_, cases) => {
    const regression = finetuneTask({
      encoder: { logits: (...given) => tf.slice(encoder.logits(...given), [0, 0], [-1, 1]) },
      ...{ isRegression: true, scoreScale: 5 },
    });
    const scores = { dtype: 'float32' as const, data: Float32Array.of(5, 0, 2.5, 1, 3, 4, 0, 2) };
    const targets = [
      { of: task, labels: batch.labels },
      { of: regression, labels: { ...batch.labels, ...scores } },
    ];
    for (const { of, labels } of targets)
      for (const weights of cases)
        for (const middle of [4, 5])
          expectSharesToAddUp(of, { ...batch, labels, weights: floats(weights) }, middle);
  });

  const floats = (values: readonly number[]): HostTensor => ({
    ...{ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) },
  });

  /** Loss and gradients of rows `from` to `to`, without dropout. */
  function share(
    of: FinetuneTask,
    whole: Readonly<Record<string, HostTensor>>,
    [from, to]: readonly [number, number],
    totals?: Readonly<Record<string, number>>,
  ): Record<string, number[]> {
    return tf.tidy(() => {
      const rows = Object.entries(whole).map(([name, { dtype, shape, data }]) => {
        const tensor = tf.tensor(data, [...shape], dtype);
        const [begin, size] = [shape.map((_, axis) => (axis ? 0 : from)), [...shape]];
        size[0] = to - from;
        return [name, tf.slice(tensor, begin, size)] as const;
      });
      const params = Object.entries(first).map(
        ([name, { data, shape }]) => [name, tf.tensor(data, [...shape])] as const,
      );
      const { result, gradients } = lossAndGradients(Object.fromEntries(params), (given) =>
        of.loss(
          given,
          Object.fromEntries(rows),
          undefined as unknown as RandomKey, // no dropout
          totals && Object.fromEntries(Object.entries(totals).map(([k, v]) => [k, tf.scalar(v)])),
        ),
      );
      const found = Object.entries({ ...gradients, loss: result.loss });
      return Object.fromEntries(found.map(([name, tensor]) => [name, [...tensor.dataSync()]]));
    });
  }

  function expectSharesToAddUp(
    of: FinetuneTask,
    whole: Readonly<Record<string, HostTensor>>,
    middle: number,
  ): void {
    const once = share(of, whole, [0, 8]);
    const totals = of.totals(whole);
    const parts = [share(of, whole, [0, middle], totals), share(of, whole, [middle, 8], totals)];
    const [largest, furthest] = [
      { loss: 0, gradients: 0 },
      { loss: 0, gradients: 0 },
    ];
    for (const [name, values] of Object.entries(once))
      for (const [i, value] of values.entries()) {
        const kind = name === 'loss' ? 'loss' : 'gradients';
        const sum = parts.reduce((total, part) => total + part[name][i], 0);
        largest[kind] = Math.max(largest[kind], Math.abs(value));
        furthest[kind] = Math.max(furthest[kind], Math.abs(sum - value));
      }
    for (const kind of ['loss', 'gradients'] as const)
      expect(furthest[kind]).toBeLessThanOrEqual(1e-6 * largest[kind]);
    expect(largest.gradients > 0).toBe(totals.weights > 0 && whole.weights.data.some(Boolean));
  }

  test('is the same function op by op', async () => {
    const [graph, eager] = [await losses('onnxruntime', 4), await losses('eager', 4)];
    for (const [i, loss] of graph.entries()) expect(loss).toBeCloseTo(eager[i], 4);
  });
});
