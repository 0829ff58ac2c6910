import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type HostTensor } from './index.js';

tf.env().set('IS_TEST', true);

const x = { dtype: 'float32', shape: ['n'] } as const;
const state = { w: { dtype: 'float32', shape: [], data: Float32Array.of(3) } } as const;
const tensor = (...data: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [data.length],
  data: Float32Array.from(data),
});

type Given = { readonly x: tf.Tensor1D };
const scaled = ({ w }: { w: tf.Scalar }, { x }: Given) => ({
  outputs: { scaled: tf.mul(x, w), sum: tf.sum(x) },
});
const doubled = (_: unknown, { x }: Given) => ({ outputs: tf.mul(x, 2) });

async function lender(
  engine: 'onnxruntime' | 'eager',
  shape: readonly (number | string)[] = ['n'],
) {
  const main = await compile(doubled, { state, inputs: { x: { ...x, shape } }, engine });
  const lending = await main.compile(scaled, {
    inputs: { x: { ...x, shape } },
    lendsOutputs: true,
  });
  return { main, lending };
}

describe.each(['onnxruntime', 'eager'] as const)('outputs lent by engine %s', (engine) => {
  test('keep their values until they are given back, whatever runs meanwhile', async () => {
    const { main, lending } = await lender(engine, [2]);
    const [first, second] = await Promise.all([
      lending.run({ x: tensor(1, 2) }),
      lending.run({ x: tensor(10, 20) }),
    ]);
    await lending.run({ x: tensor(5, 6) });
    expect(first).toMatchObject({ scaled: tensor(3, 6), sum: { data: Float32Array.of(3) } });
    expect(second).toMatchObject({ scaled: tensor(30, 60), sum: { data: Float32Array.of(30) } });
    expect(await main.run({ x: first.scaled })).toEqual(tensor(6, 12));
    expect(await main.run({ x: second.scaled })).toEqual(tensor(60, 120));
    main.dispose();
  });

  test('may be given back in part, and after their program is gone', async () => {
    const { main, lending } = await lender(engine);
    const found = await lending.run({ x: tensor(1, 2) });
    lending.giveBack({ sum: found.sum });
    expect(await main.run({ x: found.scaled })).toEqual(tensor(6, 12));
    lending.dispose();
    lending.giveBack({ ...found });
    expect(await main.run({ x: tensor(4) })).toEqual(tensor(8));
    main.dispose();
  });
});

test('memory that was given back serves the next run of engine onnxruntime', async () => {
  const { main, lending } = await lender('onnxruntime', [2]);
  const first = await lending.run({ x: tensor(1, 2) });
  lending.giveBack({ ...first });
  const second = await lending.run({ x: tensor(10, 20) });
  expect(second.scaled.data).toBe(first.scaled.data);
  expect(await main.run({ x: second.scaled })).toEqual(tensor(60, 120));
  main.dispose();
});

test('without the option, outputs are copies', async () => {
  const main = await compile(doubled, { state, inputs: { x }, engine: 'onnxruntime' });
  const first = await main.run({ x: tensor(1, 2) });
  main.giveBack(first);
  expect(await main.run({ x: tensor(3, 4) })).toEqual(tensor(6, 8));
  expect(first).toEqual(tensor(2, 4));
  main.dispose();
});
