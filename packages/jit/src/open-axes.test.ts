import { dropout, gelu, layerNorm, linear, registerGradients, registerKernels } from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor } from './index.js';
import { openSizeOf, sizeAt } from './onnx/open-size.js';
import { TFJS_NODE, withTensorflow } from './tensorflow/installed.test-support.js';

tf.env().set('IS_TEST', true);
registerKernels('cpu');
registerGradients();

const H = 8;
const ENGINES = withTensorflow('onnxruntime', 'eager');

function numbers(shape: number[], seed: number): HostTensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i) / 2);
  return { dtype: 'float32', shape, data };
}

const state = {
  'up.weight': numbers([H, H], 1),
  'up.bias': numbers([H], 2),
  'norm.weight': numbers([H], 3),
  'norm.bias': numbers([H], 4),
  positions: numbers([6, H], 5),
};
type Params = Record<string, tf.Tensor>;
interface Inputs {
  readonly x: tf.Tensor3D;
  readonly weights: tf.Tensor1D;
  readonly key: { readonly seed: tf.Scalar; readonly counter: tf.Scalar };
}

/** A loss over the first position of each row, with dropout, positions, a norm and their gradients; no mean. */
function descend(params: Params, { x, weights, key }: Inputs) {
  const loss = (p: Params): tf.Scalar => {
    const [B, S] = x.shape;
    const placed = tf.add(x, tf.slice(p.positions as tf.Tensor2D, [0, 0], [S, H]));
    const rows = tf.reshape(placed, [B * S, H]);
    const dropped = dropout(gelu(linear(p, 'up', rows)), 0.25, key, 'layer');
    const normed = tf.reshape(layerNorm(p, 'norm', tf.add(dropped, rows), 1e-6), [B, S, H]);
    const first = tf.sum(tf.slice(normed, [0, 0, 0], [B, 1, H]), [1, 2]);
    return tf.sum(tf.mul(tf.square(first), weights));
  };
  const names = Object.keys(params);
  const { value, grads } = tf.valueAndGrads((...leaves) =>
    loss(Object.fromEntries(names.map((name, at) => [name, leaves[at]]))),
  )(names.map((name) => params[name]));
  const next = names.map((name, at) => [name, tf.sub(params[name], tf.mul(grads[at], 0.01))]);
  return { state: Object.fromEntries(next), outputs: { loss: value, doubled: tf.mul(x, 2) } };
}

const scalar = { dtype: 'int32', shape: [] } as const;
const key = { seed: scalar, counter: scalar };
const open = {
  x: { dtype: 'float32', shape: ['batch', 'sequence', H] },
  weights: { dtype: 'float32', shape: ['batch'] },
  key,
} as const;

function batch(B: number, S: number) {
  return {
    x: numbers([B, S, H], B + S),
    weights: numbers([B], 9),
    key: { seed: 3, counter: 10 * B + S },
  };
}

const SIZES: readonly (readonly [number, number])[] = [
  [3, 4],
  [1, 1],
  [5, 6],
  [3, 4],
  [1, 6],
  [9, 2],
];

describe.each(ENGINES)('open axes on engine %s', (engine) => {
  test('of every size compute what programs of that size do, over one state', async () => {
    const options = { state, engine, tensorflowFrom: TFJS_NODE } as const;
    const one = await compile(descend, { ...options, inputs: open });
    const expected = await compile(descend, {
      ...{ ...options, engine: 'eager' as const },
      inputs: open,
    });
    for (const [B, S] of SIZES) {
      const found = await one.run(batch(B, S));
      const { outputs } = { outputs: await expected.run(batch(B, S)) };
      expect(found.doubled.shape).toEqual([B, S, H]);
      expect(found.loss.data[0] / outputs.loss.data[0]).toBeCloseTo(1, 5);
      expect(Array.from(found.doubled.data)).toEqual(Array.from(outputs.doubled.data));
    }
    const [ours, theirs] = [await one.readState(), await expected.readState()];
    for (const name of Object.keys(state)) {
      const values = ours[name as keyof typeof state].data;
      for (const [i, value] of theirs[name as keyof typeof state].data.entries())
        expect(values[i]).toBeCloseTo(value, 5);
    }
    one.dispose();
    expected.dispose();
  });
});

test('one program on engine onnxruntime serves all sizes', async () => {
  const program = await compile(descend, { state, inputs: open, engine: 'onnxruntime' });
  expect(program.anySize).toBe(true);
  const { traceMs, emitMs, loadMs } = program.timings();
  for (const [B, S] of SIZES) await program.run(batch(B, S));
  expect(program.timings()).toMatchObject({ traceMs, emitMs, loadMs, calls: SIZES.length });
  program.dispose();
});

test('a function that does other things for other sizes has a program for each', async () => {
  const mean = (_: unknown, { x }: { x: tf.Tensor }) => ({
    outputs: { mean: tf.mul(tf.sum(x), 1 / x.size), counted: tf.add(x, tf.range(0, x.size)) },
  });
  const program = await compile(mean, {
    state: {},
    inputs: { x: { dtype: 'float32', shape: ['n'] } },
    engine: 'onnxruntime',
  });
  expect(program.anySize).toBe(false);
  const asked = [2, 5, 2, 7].map((n) => program.run({ x: numbers([n], 0) }));
  for (const [at, n] of [2, 5, 2, 7].entries()) {
    const { mean: found, counted } = await asked[at];
    const data = Array.from(numbers([n], 0).data);
    expect(found.data[0]).toBeCloseTo(data.reduce((sum, x) => sum + x, 0) / n, 6);
    expect(Array.from(counted.data)).toEqual(data.map((x, i) => expect.closeTo(x + i, 5)));
  }
  program.dispose();
  await expect(program.run({ x: numbers([2], 0) })).rejects.toThrow('was disposed');
});

test('runs of several sizes that leave the state as it is overlap', async () => {
  const program = await compile(
    (params: Params, { x }: { x: tf.Tensor }) => ({
      outputs: tf.sum(tf.matMul(x as tf.Tensor2D, params.w as tf.Tensor2D), 1),
    }),
    {
      state: { w: numbers([H, H], 1) },
      inputs: { x: { dtype: 'float32', shape: ['n', H] } },
      engine: 'onnxruntime',
    },
  );
  const sizes = [1, 40, 3, 40, 17, 0];
  const together = await Promise.all(sizes.map((n) => program.run({ x: numbers([n, H], n) })));
  for (const [at, n] of sizes.entries())
    expect(together[at]).toEqual(await program.run({ x: numbers([n, H], n) }));
  expect(together.map(({ shape }) => shape)).toEqual(sizes.map((n) => [n]));
  program.dispose();
});

describe('what does not fit open axes is refused', () => {
  test.each([
    [
      'an array without a shape',
      { x: new Float32Array(4) },
      '"inputs.x" has no shape: expected float32 [batch, 2]',
    ],
    [
      'another rank',
      { x: numbers([4], 0) },
      '"inputs.x" has the wrong shape: found float32 [4], expected float32 [batch, 2]',
    ],
    [
      'another fixed size',
      { x: numbers([2, 3], 0) },
      '"inputs.x" has the wrong shape: found float32 [2, 3], expected float32 [2, 2]',
    ],
    [
      'an axis of two sizes',
      { x: numbers([2, 2], 0), y: numbers([3], 0) },
      '"inputs.y" has another size of axis "batch" than "inputs.x": found 3, expected 2',
    ],
  ])('%s', async (_, given, message) => {
    const program = await compile(
      (_: unknown, { x, y }: { x: tf.Tensor; y: tf.Tensor }) => ({
        outputs: tf.add(tf.sum(x, 1), y),
      }),
      {
        state: {},
        inputs: {
          x: { dtype: 'float32', shape: ['batch', 2] },
          y: { dtype: 'float32', shape: ['batch'] },
        },
        engine: 'onnxruntime',
      },
    );
    await expect(program.run({ y: numbers([2], 0), ...given })).rejects.toThrow(message);
    program.dispose();
  });

  test.each([
    [
      'a nameless axis',
      [''],
      '"inputs.x" has no shape: found float32 [], expected whole sizes from 0',
    ],
    ['half a row', [1.5], '"inputs.x" has no shape: found float32 [1.5]'],
    ['five axes', ['a', 'b', 'c', 'd', 'e'], '5 open axes were asked for: at most 4 are possible'],
  ])('%s', async (_, shape, message) => {
    const program = compile((_: unknown, { x }: { x: tf.Tensor }) => ({ outputs: x }), {
      state: {},
      inputs: { x: { dtype: 'float32', shape } },
      engine: 'onnxruntime',
    });
    await expect(program).rejects.toThrow(message);
  });

  test('a function that cannot be traced, before any run', async () => {
    const program = compile(
      (_: unknown, { x }: { x: tf.Tensor }) => ({ outputs: x.dataSync() }) as never,
      {
        state: {},
        inputs: { x: { dtype: 'float32', shape: ['n'] } },
        engine: 'onnxruntime',
      },
    );
    await expect(program).rejects.toThrow(/^jit: cannot trace "anonymous function"/);
  });
});

describe('the size that traces of 7 x 2, 11 x 3 and 13 x 4 tell', () => {
  const axes = ['batch', 'sequence'];
  test.each([
    ['a constant', [5, 5, 5], { factor: 5, axes: [], offset: 0 }],
    ['an axis', [7, 11, 13], { factor: 1, axes: ['batch'], offset: 0 }],
    ['a product', [42, 99, 156], { factor: 3, axes: ['batch', 'sequence'], offset: 0 }],
    ['a square', [28, 99, 208], { factor: 1, axes: ['batch', 'sequence', 'sequence'], offset: 0 }],
    ['what is left of 128', [126, 125, 124], { factor: -1, axes: ['sequence'], offset: 128 }],
    ['all but the first', [256, 512, 768], { factor: 256, axes: ['sequence'], offset: -256 }],
    ['half of it', [1, 1, 2], undefined],
    ['nothing known', [1, 4, 8], undefined],
  ])('%s', (_, values, expected) => {
    expect(openSizeOf(values, axes)).toEqual(expected);
    const sizes = new Map([
      ['batch', 3],
      ['sequence', 10],
    ]);
    if (expected) {
      const product = expected.axes.reduce((all, axis) => all * (sizes.get(axis) as number), 1);
      expect(sizeAt(expected, sizes)).toBe(expected.factor * product + expected.offset);
    }
  });
});
