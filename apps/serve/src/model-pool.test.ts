// Memory of loaded models: what is counted, what makes room, what may not. The workers need no model.

import { afterEach, expect, test } from '@jest/globals';
import { ModelPool } from './model-pool.js';
import type { ServedModel } from './served-model.js';
import type { TaskName } from './task-name.js';

const MB = 1 << 20;
let pool: ModelPool;
afterEach(() => pool.close());

function poolOf(megabytes: number): ModelPool {
  pool = new ModelPool({
    engine: 'auto',
    threads: 1,
    spinning: false,
    warmUp: false,
    maxBatchTokens: 64,
    maxBatchInputs: 8,
    memoryBytes: megabytes * MB,
    stallMs: 60_000,
    workerModule: new URL('./odd-worker.test-support.mjs', import.meta.url),
  });
  return pool;
}

const modelOf = (name: string, weightMegabytes: number): ServedModel => ({
  id: `m/${name}`,
  folder: `/m/${name}`,
  modelType: 'albert',
  architecture: 'AlbertForMaskedLM',
  head: 'masked-lm',
  tasks: ['fill-mask', 'feature-extraction'],
  labels: [],
  maxTokens: 64,
  maskToken: '[MASK]',
  revision: '1',
  weightBytes: weightMegabytes * MB,
  modifiedMs: 0,
});
const TASK: TaskName = 'fill-mask';
const job = (text: string) => ({ task: TASK, inputs: [text], parameters: {}, isList: false });

test('a further task counts weights of its own', async () => {
  const model = modelOf('a', 20);
  poolOf(64 + 2 * 20 * 2 - 1);
  const thread = await pool.load(model, TASK);
  expect(pool.loaded(model, TASK)).toBe(thread);
  expect(pool.loaded(model, 'feature-extraction')).toBeUndefined();
  await expect(pool.load(model, 'feature-extraction')).rejects.toMatchObject({
    status: 403,
    message: 'The model m/a is too large to be loaded for 2 tasks (144 MB > 143 MB)',
  });
  expect(pool.loaded(model, TASK)).toBe(thread);
});

test('a further task makes room as a model does', async () => {
  const [one, other] = [modelOf('a', 20), modelOf('b', 20)];
  poolOf(2 * (64 + 2 * 20) + 2 * 20 - 1);
  const thread = await pool.load(one, TASK);
  await pool.load(other, TASK);
  expect(await pool.load(one, 'feature-extraction')).toBe(thread);
  expect(pool.loaded(one, 'feature-extraction')).toBe(thread);
  expect(pool.status(other).state).toBe('loadable');
});

test('a model that is asked while another is ended for room stays', async () => {
  const [first, second, large] = [modelOf('a', 1), modelOf('b', 1), modelOf('c', 30)];
  poolOf(2 * 66);
  await pool.load(first, TASK);
  const thread = await pool.load(second, TASK);
  const loading = pool.load(large, TASK);
  const asked = thread.ask(job('wait'));
  await expect(loading).rejects.toMatchObject({ status: 429 });
  await thread.ask(job('release'));
  expect((await asked).body).toBe('"wait"');
  expect(pool.status(first).state).toBe('loadable');
});

test('what is said of a failure names no folder', async () => {
  poolOf(100);
  const model = { ...modelOf('broken', 1), folder: '/secret/place/broken' };
  await expect(pool.load(model, TASK)).rejects.toThrow(
    'Model m/broken could not be loaded: serve: m/broken is damaged.',
  );
  expect(pool.status(model)).toMatchObject({
    state: 'failed',
    error: 'serve: m/broken is damaged.',
  });
});
