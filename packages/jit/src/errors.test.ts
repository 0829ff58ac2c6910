import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type CompileOptions, compile, type HostTensor, isTracing, type Step } from './index.js';

tf.env().set('IS_TEST', true);

const spec = { dtype: 'float32', shape: [2, 3] } as const;
const state = { w: { dtype: 'float32', shape: [3], data: new Float32Array(3) } } as const;

/** The message of the error that compiling `step` ends in. */
async function refusal(step: Step): Promise<string> {
  const options = { state, inputs: { x: spec }, engine: 'onnxruntime' } as const;
  return compile(step, options).then(
    () => 'compiled',
    (error: Error) => error.message,
  );
}

type X = { x: tf.Tensor2D };

describe('compile refuses', () => {
  test.each<[string, Step, string[]]>([
    [
      'reading a value',
      function guard(_: unknown, { x }: X) {
        return { outputs: tf.sum(x).dataSync()[0] > 0 ? x : tf.neg(x) };
      },
      ['cannot trace "guard"', 'float32 [], the result of Reshape, were read', 'tf.where'],
    ],
    [
      'random numbers of JavaScript',
      (_: unknown, { x }: X) => ({ outputs: tf.dropout(x, 0.5) }),
      ['drew a random number', '@alectra/nn'],
    ],
    [
      'random numbers with a seed, which are a big constant',
      (_: unknown, { x }: X) => ({ outputs: [x, tf.randomNormal([50, 50], 0, 1, 'float32', 7)] }),
      ['float32 [50,50] was made from 2500 different numbers', 'outside the function'],
    ],
    [
      'a kernel that cannot be traced',
      (_: unknown, { x }: X) => ({ outputs: tf.unique(tf.reshape(x, [6])).values }),
      ['kernel "Unique" cannot be traced', 'eager engine'],
    ],
    ['strings', () => ({ outputs: tf.tensor(['a']) }), ['a string tensor cannot be traced']],
    ['a result without outputs', () => ({}) as never, ['returned no outputs']],
    [
      'an output that is no tensor',
      () => ({ outputs: { loss: 3 as never } }),
      ['"outputs.loss"', 'found number'],
    ],
    [
      'state that is left out',
      (_: unknown, { x }: X) => ({ state: {}, outputs: x }),
      ['"state.w" is missing'],
    ],
    [
      'state that is new',
      (s: { w: tf.Tensor }, { x }: X) => ({ state: { ...s, v: x }, outputs: x }),
      ['"state.v" is new'],
    ],
    [
      'state of another shape',
      (s: { w: tf.Tensor }, { x }: X) => ({ state: { w: tf.reshape(s.w, [3, 1]) }, outputs: x }),
      ['changed the type of "state.w"', 'found float32 [3, 1], expected float32 [3]'],
    ],
    [
      'a product of sizes that differ',
      (_: unknown, { x }: X) => ({ outputs: tf.matMul(x, x) }),
      ['inner sizes 3 and 2 differ'],
    ],
  ])('%s', async (_, step, parts) => {
    const message = await refusal(step);
    for (const part of parts) expect(message).toContain(part);
    expect(tf.getBackend()).toBe('cpu');
    expect(isTracing()).toBe(false);
  });

  test('a variable that is assigned', async () => {
    const variable = tf.variable(tf.zeros([2, 3]), true, 'counter');
    const message = await refusal((_: unknown, { x }: X) => {
      variable.assign(x);
      return { outputs: x };
    });
    expect(message).toContain('variable "counter"');
    variable.dispose();
  });

  test('an engine it does not know', async () => {
    const options = { state, inputs: { x: spec }, engine: 'abacus' as never };
    await expect(compile(() => ({ outputs: [] }), options)).rejects.toThrow(
      'engine "abacus" is unknown',
    );
  });

  test.each<[string, Partial<CompileOptions>, string]>([
    ['a shape that is open', { inputs: { x: { ...spec, shape: [-1, 3] } } }, 'found float32 [-1, 3]'],
    ['a type without a place', { inputs: { x: { dtype: 'int64' as never, shape: [2] } } }, '"inputs.x" is int64'],
    ['half a thread', { threads: 0.5 }, 'threads is 0.5'],
  ])('%s', async (_, options, message) => {
    const given = { state, inputs: { x: spec }, ...options };
    await expect(compile(() => ({ outputs: [] }), given)).rejects.toThrow(message);
  }); // biome-ignore format: one line per case

  test('state of a type without a place in a graph', async () => {
    const options = { state: { s: tf.tensor(['a']) }, inputs: {} };
    await expect(compile(() => ({ outputs: [] }), options)).rejects.toThrow('"state.s" is string');
  });
});

describe('run refuses', () => {
  const double = async () =>
    compile((_: unknown, { x }: X) => ({ outputs: tf.mul(x, 2) }), {
      state: {},
      inputs: { x: spec },
      engine: 'onnxruntime',
    });

  test.each<[string, unknown, string]>([
    ['a missing input', {}, '"inputs.x" is missing'],
    ['an unknown input', { x: new Float32Array(6), y: 1 }, '"inputs.y" is unknown'],
    ['another length', { x: new Float32Array(5) }, 'found 5 values, expected 6 for float32 [2, 3]'],
    ['another type', { x: new Int32Array(6) }, 'found Int32Array, expected float32'],
    [
      'rows as arrays',
      {
        x: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      },
      'found [1,2,3] at 0, expected a number',
    ],
    [
      'another shape',
      { x: { dtype: 'float32', shape: [3, 2], data: new Float32Array(6) } },
      'found float32 [3, 2], expected float32 [2, 3]',
    ],
  ])('%s', async (_, inputs, message) => {
    const program = await double();
    await expect(program.run(inputs as never)).rejects.toThrow(message);
    program.dispose();
  });

  test('numbers that its integers or truth values would change', async () => {
    const program = await compile((_: unknown, x: Record<string, tf.Tensor>) => ({ outputs: x }), {
      state: {},
      inputs: { n: { dtype: 'int32', shape: [2] }, b: { dtype: 'bool', shape: [2] } },
      engine: 'onnxruntime',
    });
    await expect(program.run({ n: [1, 1.5], b: [0, 1] })).rejects.toThrow('found 1.5 at 1');
    await expect(program.run({ n: [1, Number.NaN], b: [0, 1] })).rejects.toThrow('found NaN at 1');
    const big = [1n, 2n] as never; // from JavaScript
    await expect(program.run({ n: big, b: [0, 1] })).rejects.toThrow('found 1 at 0');
    await expect(program.run({ n: [1, 2 ** 31], b: [0, 1] })).rejects.toThrow('32 bits');
    await expect(program.run({ n: [1, 2], b: [0, 2] })).rejects.toThrow('0, 1, false or true');
    const { n } = await program.run({ n: [-1, 2], b: [0, 1] });
    expect(Array.from(n.data)).toEqual([-1, 2]);
    program.dispose();
  });

  test('a disposed program', async () => {
    const program = await double();
    program.dispose();
    await expect(program.run({ x: new Float32Array(6) })).rejects.toThrow('was disposed');
  });
});

test('a variable that is only read is a constant of the graph', async () => {
  const variable = tf.variable(tf.tensor1d([1, 2, 3]));
  const program = await compile((_: unknown, { x }: X) => ({ outputs: tf.mul(x, variable) }), {
    state: {},
    inputs: { x: spec },
    engine: 'onnxruntime',
  });
  const found = (await program.run({ x: new Float32Array(6).fill(2) })) as HostTensor;
  expect(Array.from(found.data)).toEqual([2, 4, 6, 2, 4, 6]);
  program.dispose();
  variable.dispose();
});

test('tracing leaves no tensor behind and captured tensors usable', async () => {
  const table = tf.tensor2d([[1, 2, 3]]);
  const before = tf.memory().numTensors;
  const program = await compile((_: unknown, { x }: X) => ({ outputs: tf.add(x, table) }), {
    state: {},
    inputs: { x: spec },
    engine: 'onnxruntime',
  });
  expect(tf.memory().numTensors).toBe(before);
  const found = (await program.run({ x: new Float32Array(6) })) as HostTensor;
  expect(Array.from(found.data)).toEqual([1, 2, 3, 1, 2, 3]);
  expect(Array.from(tf.add(table, 1).dataSync())).toEqual([2, 3, 4]);
  program.dispose();
});
