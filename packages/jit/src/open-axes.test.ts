import { dropout, gelu, layerNorm, linear, registerGradients, registerKernels } from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, exportOnnx, type HostTensor } from './index.js';
import { openSizeOf, sizeAt } from './onnx/open-size.js';
import { type Sizes, tracesOf } from './open-axes.js';
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
  positions: numbers([8, H], 5),
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
  [64, 1],
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
      const outputs = await expected.run(batch(B, S));
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

type Open = { readonly x: tf.Tensor; readonly table: tf.Tensor1D };

/** Of x `[batch, sequence]`; the table has 4,000 numbers. */
const SIZED: Readonly<Record<string, readonly [(inputs: Open) => tf.Tensor, boolean]>> = {
  'as many as there are elements, but one': [
    ({ x, table }) => tf.slice(table, [1], [x.size - 1]),
    true,
  ],
  'three from behind the elements': [({ x, table }) => tf.slice(table, [x.size], [3]), true],
  'all rows but the last, no product': [
    ({ x, table }) => tf.slice(table, [0], [((x.shape[0] ?? 0) - 1) * (x.shape[1] ?? 0)]),
    false,
  ],
  'padding up to 4,000 elements': [
    ({ x }) => tf.pad(tf.reshape(x, [-1]) as tf.Tensor1D, [[1, 4000 - x.size]]),
    true,
  ],
  'a quarter of the rows, rounded up': [
    ({ x, table }) => tf.slice(table, [0], [Math.ceil((x.shape[0] ?? 0) / 4)]),
    false,
  ],
  'whole blocks of 64': [
    ({ x, table }) => tf.slice(table, [0], [64 * Math.ceil((x.shape[1] ?? 0) / 64)]),
    false,
  ],
  'at most three columns': [
    ({ x, table }) => tf.slice(table, [0], [Math.min(3, x.shape[1] ?? 0)]),
    false,
  ],
  'a strided convolution that keeps the size': [
    ({ x }) => {
      const image = tf.reshape(x, [1, x.shape[0] ?? 0, x.shape[1] ?? 0, 1]) as tf.Tensor4D;
      return tf.conv2d(image, tf.ones([3, 3, 1, 1]), 2, 'same');
    },
    false,
  ],
  'strided pooling that keeps the size': [
    ({ x }) => {
      const image = tf.reshape(x, [1, x.shape[0] ?? 0, x.shape[1] ?? 0, 1]) as tf.Tensor4D;
      return tf.maxPool(image, 3, 2, 'same');
    },
    false,
  ],
};

test.each(Object.entries(SIZED))('%s: as engine eager has it, at every size', async (_, of) => {
  const [step, anySize] = of;
  const table = numbers([4000], 5);
  const options = {
    state: { table },
    inputs: { x: { dtype: 'float32', shape: ['batch', 'sequence'] } },
  } as const;
  const traced = ({ table }: { table: tf.Tensor1D }, { x }: { x: tf.Tensor }) => ({
    outputs: step({ x, table }),
  });
  const program = await compile(traced, { ...options, engine: 'onnxruntime' });
  const expected = await compile(traced, { ...options, engine: 'eager' });
  expect(program.anySize).toBe(anySize);
  for (const [B, S] of [
    [8, 1],
    [8, 2],
    [8, 3],
    [8, 12],
    [16, 7],
    [24, 128],
    [8, 65],
  ]) {
    const given = { x: numbers([B, S], B * S) };
    const [ours, theirs] = [await program.run(given), await expected.run(given)];
    expect(ours.shape).toEqual(theirs.shape);
    for (const [i, value] of theirs.data.entries()) expect(ours.data[i]).toBeCloseTo(value, 5);
  }
  program.dispose();
  expected.dispose();
  const file = exportOnnx(traced, options);
  await (anySize
    ? expect(file).resolves.toBeInstanceOf(Uint8Array)
    : expect(file).rejects.toThrow('cannot stay open'));
});

test('a model with few positions keeps its axes open, below them', async () => {
  const positions = numbers([16, 2], 3);
  const step = (p: { positions: tf.Tensor2D }, { x }: { x: tf.Tensor3D }) => {
    const [, S] = x.shape;
    if (S > 16) throw new RangeError(`no position ${S}`);
    return { outputs: tf.sum(tf.add(x, tf.slice(p.positions, [0, 0], [S, 2])), [1, 2]) };
  };
  const inputs = { x: { dtype: 'float32', shape: ['batch', 'sequence', 2] } } as const;
  const program = await compile(step, { state: { positions }, inputs, engine: 'onnxruntime' });
  expect(program.anySize).toBe(true);
  expect((await program.run({ x: numbers([3, 16, 2], 1) })).shape).toEqual([3]);
  program.dispose();

  const three = (p: { positions: tf.Tensor2D }, { x }: { x: tf.Tensor3D }) => {
    if (x.shape[1] > 3) throw new RangeError('no position 4');
    return step(p, { x });
  };
  const few = await compile(three, { state: { positions }, inputs, engine: 'onnxruntime' });
  expect(few.anySize).toBe(false);
  expect((await few.run({ x: numbers([3, 3, 2], 1) })).shape).toEqual([3]);
  await expect(few.run({ x: numbers([3, 4, 2], 1) })).rejects.toThrow('no position 4');
  few.dispose();
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

const AXES = ['batch', 'sequence', 'width', 'height'];

/** What `tracesOf` traces at, with the large size or with the one in its place. */
function traced(axes: readonly string[], largest: number): Sizes[] {
  const found = tracesOf(axes, (sizes) => {
    if ([...sizes.values()].some((size) => size > largest)) throw new RangeError('too large');
    return sizes;
  });
  return found.map(({ sizes }) => sizes);
}

describe.each([
  ['with a large one', Number.POSITIVE_INFINITY],
  ['without', 70],
])('the sizes of traces, %s,', (_, largest) => {
  test('tell every product of axes from every other one', () => {
    const sizes = traced(AXES, largest);
    expect(sizes).toHaveLength(4);
    const products = AXES.reduce<((sizes: Sizes) => number)[]>(
      (all, axis) =>
        all.flatMap((product) =>
          [0, 1, 2].map((power) => (at: Sizes) => product(at) * (at.get(axis) as number) ** power),
        ),
      [() => 1],
    ).slice(1);
    const values = products.map((product) => sizes.map(product));
    for (const [i, p] of values.entries())
      for (const [j, q] of values.entries()) {
        if (i === j) continue;
        const slope = (q[1] - q[0]) / (p[1] - p[0]);
        const line = p.map((value) => q[0] + slope * (value - p[0]));
        expect(q.every((value, at) => Math.abs(value - line[at]) < 1e-9 * value)).toBe(false);
      }
  });

  test('have all remainders by 2, 3 and 4', () => {
    for (const axis of AXES)
      for (const by of [2, 3, 4]) {
        const found = traced(AXES, largest).map((sizes) => (sizes.get(axis) as number) % by);
        expect(new Set(found).size).toBe(by);
      }
  });
});

describe('an integer that traces tell', () => {
  const sizes = traced(['batch', 'sequence'], Number.POSITIVE_INFINITY); // 7 x 2, 12 x 3, 10 x 4, 41 x 97
  test.each([
    ['a constant', [5, 5, 5, 5], { factor: 5, axes: [], offset: 0 }],
    ['an axis', [7, 12, 10, 41], { factor: 1, axes: ['batch'], offset: 0 }],
    ['a product', [42, 108, 120, 11931], { factor: 3, axes: ['batch', 'sequence'], offset: 0 }],
    ['one more', [15, 37, 41, 3978], { factor: 1, axes: ['batch', 'sequence'], offset: 1 }],
    ['a square', [4, 9, 16, 9409], { factor: 1, axes: ['sequence', 'sequence'], offset: 0 }],
    ['what is left of 128', [126, 125, 124, 31], { factor: -1, axes: ['sequence'], offset: 128 }],
    [
      'all but the first',
      [256, 512, 768, 24576],
      { factor: 256, axes: ['sequence'], offset: -256 },
    ],
    ['half of it', [1, 1, 2, 48], undefined],
    ['a quarter, rounded up', [2, 3, 3, 11], undefined],
    ['nothing known', [1, 4, 8, 9], undefined],
  ])('is %s', (_, values, expected) => {
    expect(openSizeOf(values, sizes)).toEqual(expected);
    const other = new Map([
      ['batch', 3],
      ['sequence', 10],
    ]);
    if (expected) {
      const product = expected.axes.reduce((all, axis) => all * (other.get(axis) as number), 1);
      expect(sizeAt(expected, other)).toBe(expected.factor * product + expected.offset);
    }
  });
});
