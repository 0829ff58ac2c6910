import { embedding, layerNorm, registerGradients, softmaxCrossEntropy } from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor, type Program } from './index.js';

tf.env().set('IS_TEST', true);
registerGradients();

const ROWS = 50;
const TOKENS = 2048;
const WIDTH = 64;

type State = { table: tf.Tensor2D; weight: tf.Tensor2D; gamma: tf.Tensor1D; beta: tf.Tensor1D };

/** A step whose embedding gradient adds many rows to the same few. */
function learn(state: State, { ids }: { ids: tf.Tensor1D }) {
  const names = Object.keys(state) as (keyof State)[];
  const loss = (...leaves: tf.Tensor[]): tf.Scalar => {
    const p = Object.fromEntries(names.map((name, at) => [name, leaves[at]])) as State;
    const x = embedding(p.table, ids);
    const y = layerNorm(
      { 'n.weight': p.gamma, 'n.bias': p.beta },
      'n',
      tf.matMul(x, p.weight),
      1e-6,
    );
    return tf.mean(
      softmaxCrossEntropy(tf.matMul(tf.tanh(y), p.table, false, true) as tf.Tensor2D, ids),
    );
  };
  const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]));
  const next = names.map((name, at) => [name, tf.sub(state[name], tf.mul(grads[at], 0.5))]);
  return { state: Object.fromEntries(next), outputs: { loss: value } };
}

function numbers(size: number): Float32Array {
  let seed = 1;
  return Float32Array.from({ length: size }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  });
}

const leaf = (shape: number[], data: Float32Array): HostTensor => ({
  dtype: 'float32',
  shape,
  data,
});
const program = (threads: number, spinning = false): Promise<Program> =>
  compile(learn, {
    state: {
      table: leaf([ROWS, WIDTH], numbers(ROWS * WIDTH)),
      weight: leaf([WIDTH, WIDTH], numbers(WIDTH * WIDTH)),
      gamma: leaf([WIDTH], new Float32Array(WIDTH).fill(1)),
      beta: leaf([WIDTH], new Float32Array(WIDTH)),
    },
    inputs: { ids: { dtype: 'int32', shape: [TOKENS] } },
    engine: 'onnxruntime',
    threads,
    spinning,
  });
const batch = (step: number): { ids: Int32Array } => ({
  ids: Int32Array.from({ length: TOKENS }, (_, i) => (i * (step + 3)) % 7),
});

describe('with several threads', () => {
  test.each([2, 4])(
    '%d: the same inputs give the same bits, whether waiting threads spin or sleep',
    async (threads) => {
      const [a, b] = [await program(threads), await program(threads, true)];
      for (let step = 0; step < 12; step++) {
        expect(await a.run(batch(step))).toEqual(await b.run(batch(step)));
      }
      expect(await a.readState()).toEqual(await b.readState());
      a.dispose();
      b.dispose();
    },
  );
});

describe('running', () => {
  test('goes on from a state that was read and written back, to the bit', async () => {
    const straight = await program(2);
    const resumed = await program(2);
    for (let step = 0; step < 4; step++) await straight.run(batch(step));
    const snapshot = await straight.readState();
    await resumed.writeState(snapshot);
    for (let step = 4; step < 8; step++) {
      expect(await resumed.run(batch(step))).toEqual(await straight.run(batch(step)));
    }
    straight.dispose();
    resumed.dispose();
  });

  test('leaves the event loop alive', async () => {
    const busy = await program(1);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const runs = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => busy.run(batch(step)));
    await Promise.all(runs);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
    busy.dispose();
  });

  test('queues calls that overlap', async () => {
    const [together, apart] = [await program(1), await program(1)];
    const atOnce = await Promise.all([0, 1, 2].map((step) => together.run(batch(step))));
    const inTurn = [];
    for (const step of [0, 1, 2]) inTurn.push(await apart.run(batch(step)));
    expect(atOnce).toEqual(inTurn);
    together.dispose();
    apart.dispose();
  });

  test('runs side by side what leaves the state as it is, between the changes it was asked between', async () => {
    const learning = await program(1);
    const norm = await learning.compile(
      ({ weight }: State) => ({ outputs: { norm: tf.sum(tf.square(weight)) } }),
      { inputs: {}, threads: 1 },
    );
    const ask = (step: number) => [norm.run({}), norm.run({}), learning.run(batch(step))] as const;
    const asked = [0, 1, 2].map(ask);
    const norms = await Promise.all(asked.map(async ([a, b]) => [await a, await b]));
    const alone = await program(1);
    for (const [step, pair] of norms.entries()) {
      const { weight } = (await alone.readState()) as { weight: HostTensor };
      const expected = [...weight.data].reduce((sum, w) => sum + w ** 2, 0);
      for (const { norm: found } of pair) expect(found.data[0] / expected).toBeCloseTo(1, 5);
      await alone.run(batch(step));
    }
    learning.dispose();
    alone.dispose();
  });

  test('lets a short look pass a long one where there are lanes, and takes any number of calls', async () => {
    const size = 700;
    const matrix = leaf([size, size], numbers(size * size));
    const long = await compile(
      ({ m }: { m: tf.Tensor2D }) => {
        let x: tf.Tensor = m;
        for (let i = 0; i < 8; i++) x = tf.tanh(tf.matMul(x, m));
        return { outputs: { sum: tf.sum(x) } };
      },
      { state: { m: matrix }, inputs: {}, engine: 'onnxruntime', threads: 1 },
    );
    const short = await long.compile(
      ({ m }: { m: tf.Tensor2D }) => ({ outputs: { first: tf.slice(m, [0, 0], [1, 1]) } }),
      { inputs: {} },
    );
    const order: string[] = [];
    const noting = (name: string, run: Promise<unknown>) => run.then(() => order.push(name));
    await Promise.all([noting('long', long.run({})), noting('short', short.run({}))]);
    expect(order).toEqual(long.lanes > 1 ? ['short', 'long'] : ['long', 'short']);
    const looks = await Promise.all(Array.from({ length: 300 }, () => short.run({})));
    expect(new Set(looks.map(({ first }) => first.data[0]))).toEqual(new Set([matrix.data[0]]));
    long.dispose();
  });
});
