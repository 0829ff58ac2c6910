import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { RunQueue } from './run-queue.js';
import { KEPT, type Kind, type Shape, type ShapedInputs } from './shaped-programs.js';

const kind: Kind = {
  name: 'scaled',
  step: ({ w }, { inputIds }) => ({ outputs: { y: tf.mul(tf.cast(inputIds, 'float32'), w) } }),
};
const small: Shape = { rows: 1, columns: 2, positions: 0 };
const wide: Shape = { rows: 1, columns: 4, positions: 0 };
const two: Shape = { rows: 2, columns: 2, positions: 0 };

const inputs = (values: readonly number[]): ShapedInputs => ({
  inputIds: Int32Array.from(values),
  attentionMask: new Int32Array(values.length),
  tokenTypeIds: new Int32Array(values.length),
});

beforeAll(() => tf.ready());

async function queue(parallelRuns: number, engine: 'onnxruntime' | 'eager' = 'onnxruntime') {
  const w = tf.tensor1d([3]);
  const made = await RunQueue.create({ w }, kind, small, { parallelRuns, threads: 2, engine });
  w.dispose();
  const ask = async (shape: Shape, values: readonly number[]): Promise<number[]> =>
    Array.from((await made.run(kind, shape, inputs(values))).y.data);
  return { made, ask };
}

test('a run that is alone has all threads, runs side by side have a program of one thread', async () => {
  const { made, ask } = await queue(2);
  await ask(small, [1, 2]);
  expect(made.size).toBe(1);
  const values = [5, 6, 7, 8].map((first) => [first, 1]);
  const answers = await Promise.all(values.map((each) => ask(small, each)));
  expect(answers).toEqual(values.map((each) => each.map((value) => 3 * value)));
  expect(made.size).toBe(2);
  made.dispose();
});

test('runs of one program at once keep their values apart', async () => {
  const { made, ask } = await queue(3);
  const asked = Array.from({ length: 60 }, (_, at) => at);
  const answers = await Promise.all(
    asked.map((at) => ask(at % 2 ? small : two, at % 2 ? [at, 0] : [at, 0, 0, at])),
  );
  expect(answers.map(([first]) => first)).toEqual(asked.map((at) => 3 * at));
  made.dispose();
});

test('loads shapes before they are asked for, for runs alone and side by side', async () => {
  const { made, ask } = await queue(2);
  await made.load(kind, [small, wide, two]);
  expect(made.size).toBe(5); // one row: alone and beside others; two rows: beside others
  await Promise.all([ask(two, [1, 2, 3, 4]), ask(wide, [1, 2, 3, 4]), ask(small, [1, 2])]);
  await ask(wide, [1, 2, 3, 4]);
  expect(made.size).toBe(5);
  made.dispose();
});

test('loads nothing while one text is asked after another', async () => {
  const { made, ask } = await queue(1);
  await ask(small, [1, 2]);
  const loading = made.load(kind, [wide, two]);
  for (let turn = 0; turn < 20; turn++) await ask(small, [turn, 2]);
  expect(made.size).toBe(1);
  await loading;
  expect(made.size).toBe(3);
  made.dispose();
});

test('loads no more than is kept', async () => {
  const { made } = await queue(1);
  let compiled = 0;
  const counted: Kind = {
    name: 'counted',
    step: (...args) => {
      compiled++;
      return kind.step(...args);
    },
  };
  const shapes = Array.from({ length: KEPT + 9 }, (_, at) => ({ ...small, columns: at + 1 }));
  await made.load(counted, shapes);
  expect(made.size).toBe(KEPT);
  await made.load(counted, shapes); // again changes nothing
  expect(compiled).toBe(KEPT - 1);
  made.dispose();
});

test('an engine of one call at a time has one program for each shape', async () => {
  const { made, ask } = await queue(2, 'eager');
  expect(made.lanes).toBe(1);
  await made.load(kind, [small, two]);
  await Promise.all([ask(small, [1, 2]), ask(two, [1, 2, 3, 4])]);
  expect(made.size).toBe(2);
  made.dispose();
});

test('loading ends when the queue is disposed, and waits for what runs', async () => {
  const { made, ask } = await queue(2);
  const order: string[] = [];
  const answer = ask(small, [1, 2]).then(() => order.push('answer'));
  const loading = made.load(kind, [wide, two]).then(() => order.push('loaded'));
  await answer;
  made.dispose();
  await loading;
  expect(order).toEqual(['answer', 'loaded']);
  await expect(ask(small, [1, 2])).rejects.toThrow('the pipeline was disposed');
});
