// Models that load, fail, crash, hang, are too many or too slow: a worker that misbehaves on demand stands for them.

import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InferenceClient } from '@huggingface/inference';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startProgram } from './program.test-support.js';
import {
  get,
  post,
  startServer,
  type TestServer,
  type TestServerOptions,
} from './server.test-support.js';
import { tinyModel } from './tiny-models.test-support.js';

jest.setTimeout(120_000);

let root: string;
let models: string;
let open: TestServer | undefined;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'serve-'));
  models = join(root, 'm');
  await tinyModel(join(models, 'good'));
  for (const name of ['other', 'third', 'slow', 'slower', 'broken'])
    cpSync(join(models, 'good'), join(models, name), { recursive: true });
});
afterEach(async () => {
  await open?.close();
  open = undefined;
});
afterAll(() => rmSync(root, { recursive: true }));

async function start(options: TestServerOptions = {}): Promise<(name: string) => string> {
  const server = await startServer([models], { odd: true, ...options });
  open = server;
  return (name) => `${server.url}/models/m/${name}`;
}
const status = async (name: string): Promise<unknown> =>
  (await get(`${open?.url}/status/m/${name}`)).body;
/** Resolves when so many inputs are under way. */
async function underWay(inputs: number): Promise<void> {
  const line = new RegExp(`alectra_queue_inputs ${inputs}\\n`);
  while (!line.test(String((await get(`${open?.url}/metrics`)).body))) await sleep(20);
}
const NO_CACHE = { headers: { 'x-use-cache': 'false' } };

describe('loading', () => {
  test('V7: all who ask while a model loads share one loading, and are held', async () => {
    const url = await start();
    expect(await status('slow')).toEqual({ state: 'Loadable', compute_type: 'cpu', loaded: false });
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => post(url('slow'), `text ${i}`)),
    );
    expect(replies.map(({ status, body }) => [status, body])).toEqual(
      replies.map((_, i) => [200, `text ${i}`]),
    );
    expect(await status('slow')).toEqual({ state: 'Loaded', compute_type: 'cpu', loaded: true });
    expect(open?.log.filter(({ kind }) => kind === 'loading')).toHaveLength(1);
  });

  test('V8: who is held too long is told when to come again; who waits is not', async () => {
    const url = await start({ holdSeconds: 0.2 });
    const [told, waits] = await Promise.all([
      post(url('slow'), 'a'),
      post(url('slow'), { inputs: 'b', options: { wait_for_model: true } }),
    ]);
    expect(told).toMatchObject({
      status: 503,
      body: {
        error: 'Model m/slow is currently loading',
        estimated_time: 1,
        error_type: 'Loading',
      },
    });
    expect(told.headers.get('retry-after')).toBe('1');
    expect(waits).toMatchObject({ status: 200, body: 'b' });
  });

  test('V8: the JavaScript client, which repeats after 503 at once and for ever, asks once a hold', async () => {
    const url = await start({ holdSeconds: 0.5 });
    let asked = 0;
    const client = new InferenceClient('', {
      fetch: (input: string | URL | Request, init?: RequestInit) => {
        asked += 1;
        return fetch(input, init);
      },
    } as object);
    const began = performance.now();
    // the worker of these tests answers with no list of tokens
    await expect(client.fillMask({ endpointUrl: url('slow'), inputs: 'a' })).rejects.toThrow();
    const holds = (performance.now() - began) / 500;
    expect(await status('slow')).toMatchObject({ loaded: true });
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThanOrEqual(1 + holds);
  });

  test('V7: a model that must not be loaded is not', async () => {
    const url = await start();
    const kept = { body: { error: 'not loaded yet' }, status: 404 };
    expect(await post(url('good'), 'a', { headers: { 'x-load-model': '0' } })).toMatchObject(kept);
    expect(
      await post(url('good'), { inputs: 'a', options: { dont_load_model: true } }),
    ).toMatchObject(kept);
    expect(await status('good')).toMatchObject({ loaded: false });
  });

  test('V7: a model that cannot be loaded says why, once, and hides where it lies', async () => {
    const url = await start();
    const replies = await Promise.all([1, 2, 3].map((i) => post(url('broken'), `${i}`)));
    for (const reply of replies)
      expect(reply).toMatchObject({
        status: 500,
        body: { error: 'Model m/broken could not be loaded: serve: m/broken is damaged.' },
      });
    expect(await status('broken')).toMatchObject({
      state: 'error',
      loaded: false,
      error: 'serve: m/broken is damaged.',
    });
    for (const path of ['health', 'info', 'status/m/broken'])
      expect(JSON.stringify(await get(`${open?.url}/${path}`))).not.toContain(root);
    expect((await get(`${open?.url}/health`)).body).toMatchObject({
      status: 'degraded',
      models: { 'm/broken': { state: 'failed' } },
    });
    expect(open?.log.filter(({ kind }) => kind === 'loading')).toHaveLength(1);
    expect(await post(url('good'), 'a')).toMatchObject({ status: 200 });
  });

  test('V7: the least recently used model makes room for another', async () => {
    const url = await start({ memoryMegabytes: 130 }); // two models of 64 MB and a little
    for (const name of ['good', 'other', 'good', 'third']) await post(url(name), 'a', NO_CACHE);
    expect(open?.log.filter(({ kind }) => kind === 'evicted')).toMatchObject([
      { model: 'm/other' },
    ]);
    expect(await status('good')).toMatchObject({ loaded: true });
    expect(await status('other')).toMatchObject({ loaded: false });
  });

  test('V7: models at work are not thrown out, and a model beyond the budget never comes in', async () => {
    const url = await start({ memoryMegabytes: 70 });
    await post(url('good'), 'a');
    const busy = post(url('good'), 'wait');
    await underWay(1);
    expect(await post(url('other'), 'a')).toMatchObject({ status: 429 });
    await post(url('good'), 'release', NO_CACHE);
    expect(await busy).toMatchObject({ status: 200 });
    expect(await post(url('other'), 'a')).toMatchObject({ status: 200 });
    await open?.close();
    const small = await start({ memoryMegabytes: 10 });
    expect(await post(small('good'), 'a')).toMatchObject({
      status: 403,
      body: { error: expect.stringMatching(/m\/good is too large to be loaded \(65 MB > 10 MB\)/) },
    });
    expect(await status('good')).toMatchObject({ state: 'TooBig' });
  });

  test('V7: a shutdown while a model loads ends both', async () => {
    const url = await start();
    const asked = post(url('slow'), 'a');
    await underWay(1);
    await open?.close();
    open = undefined;
    expect(await asked).toMatchObject({ status: 200, body: 'a' }); // it was under way
  });
});

describe('V9: overload', () => {
  test('beyond the queue the answer is 429 at once; a list weighs what its elements would', async () => {
    const url = await start({ maxQueue: 4, maxRequestInputs: 4 });
    await post(url('good'), 'a');
    const first = [1, 2, 3].map(() => post(url('good'), 'wait', NO_CACHE));
    await underWay(3);
    const two = await post(url('good'), ['a', 'b'], NO_CACHE);
    expect(two).toMatchObject({ status: 429, body: { error_type: 'Overloaded' } });
    expect(two.headers.get('retry-after')).toBe('1');
    expect(two.headers.get('ratelimit')).toBe('"queue";r=1;t=1');
    expect(two.headers.get('ratelimit-policy')).toBe('"queue";q=4;w=1');
    expect(await post(url('good'), 'release', NO_CACHE)).toMatchObject({ status: 200 });
    for (const reply of await Promise.all(first)) expect(reply.status).toBe(200);
    expect(await post(url('good'), ['a', 'b', 'c', 'd'], NO_CACHE)).toMatchObject({ status: 200 });
  });
});

test('V9: a full server refuses at the door: unread, with an id, and to whom may read it', async () => {
  const cors = 'https://example.org';
  const url = await start({ maxQueue: 1, maxRequestInputs: 1, cors });
  await post(url('good'), 'a');
  const leaver = new AbortController();
  const first = post(url('good'), 'wait', { ...NO_CACHE, signal: leaver.signal }).catch(
    () => 'left',
  );
  await underWay(1);
  const socket = connect(open?.port ?? 0, '127.0.0.1');
  socket.write('POST /models/m/good HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n');
  const [answer] = await once(socket, 'data');
  socket.destroy();
  expect(String(answer)).toMatch(/^HTTP\/1.1 429 /);
  const reply = await post(url('good'), 'b', NO_CACHE);
  expect(reply).toMatchObject({ status: 429, body: { error_type: 'Overloaded' } });
  expect(reply.headers.get('retry-after')).toBe('1');
  expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(reply.headers.get('access-control-allow-origin')).toBe(cors);
  expect(await get(`${open?.url}/status/m/good`)).toMatchObject({ status: 200 });
  const { body } = await get(`${open?.url}/metrics`);
  expect(body).toContain('{route="refused at the door",status="429"} 2');
  leaver.abort(); // a server waits for answers that somebody still wants
  expect(await first).toBe('left');
});

describe('V10: clients that leave', () => {
  test('while their model loads give their places back', async () => {
    const url = await start({ maxQueue: 2, maxRequestInputs: 2 });
    const controller = new AbortController();
    const { signal } = controller;
    const leavers = [
      post(url('slower'), 'a', { signal }).catch(() => 'left'),
      post(url('slower'), { inputs: 'b', options: { wait_for_model: true } }, { signal }).catch(
        () => 'left',
      ),
    ];
    await underWay(2);
    controller.abort();
    expect(await Promise.all(leavers)).toEqual(['left', 'left']);
    await underWay(0);
    expect(await status('slower')).toMatchObject({ loaded: false }); // it did not take that long
    expect(await post(url('good'), 'c')).toMatchObject({ status: 200 });
  });

  test('are dropped before computing, and others are not', async () => {
    const url = await start({ maxQueue: 40 });
    await post(url('good'), 'a');
    const before = Number((await post(url('good'), 'computed', NO_CACHE)).body);
    const controller = new AbortController();
    const leavers = Array.from({ length: 10 }, () =>
      post(url('good'), 'wait', { ...NO_CACHE, signal: controller.signal }).then(
        () => 'answered',
        () => 'left',
      ),
    );
    const stays = post(url('good'), 'wait', NO_CACHE);
    await underWay(11);
    controller.abort();
    expect(await Promise.all(leavers)).toEqual(Array(10).fill('left'));
    await underWay(1);
    await post(url('good'), 'release', NO_CACHE);
    expect(await stays).toMatchObject({ status: 200 });
    const { body } = await post(url('good'), 'computed', NO_CACHE);
    expect(body).toBe(before + 3); // the one that stayed, its release, and this question
    expect((await get(`${open?.url}/metrics`)).body).toMatch(/alectra_queue_inputs 0\n/);
  });
});

describe('V11: workers that fail', () => {
  test.each([
    ['crash', /its worker failed: the worker was told to crash/],
    ['exit', /its worker stopped with code 3/],
    ['hang', /its worker said nothing for/],
  ])('%s: 424 for what was under way, then a new worker', async (order, reason) => {
    const url = await start({ stallSeconds: 0.6 });
    await post(url('good'), 'a');
    const [bystander, guilty] = await Promise.all([
      post(url('good'), 'wait', NO_CACHE),
      underWay(1).then(() => post(url('good'), order, NO_CACHE)),
    ]);
    for (const reply of [bystander, guilty])
      expect(reply).toMatchObject({
        status: 424,
        body: { error: expect.stringMatching(reason), error_type: 'Backend' },
      });
    expect(await post(url('good'), 'again', NO_CACHE)).toMatchObject({
      status: 200,
      body: 'again',
    });
    expect((await get(`${open?.url}/health`)).body).toMatchObject({
      models: { 'm/good': { state: 'loaded', crashes: 1 } },
    });
    expect((await get(`${open?.url}/metrics`)).body).toContain(
      'alectra_worker_crashes_total{model="m/good"} 1',
    );
  });

  test('NaN is 424 for that request alone', async () => {
    const url = await start();
    const [bad, good] = await Promise.all([post(url('good'), 'nan'), post(url('good'), 'fine')]);
    expect(bad).toMatchObject({ status: 424, body: { error_type: 'Backend' } });
    expect(good).toMatchObject({ status: 200 });
    expect(await post(url('good'), 'nan')).toMatchObject({ status: 424 }); // failures are not kept
  });
});

describe('V18: the cache', () => {
  test('knows inputs, parameters and options, and can be passed by', async () => {
    const url = await start();
    const type = async (body: unknown, headers: Record<string, string> = {}): Promise<unknown> =>
      (await post(url('good'), body, { headers })).headers.get('x-compute-type');
    expect(await type({ inputs: 'a' })).toBe('cpu');
    expect(await type({ inputs: 'a' })).toBe('cache');
    expect(await type('a')).toBe('cache');
    expect(await type({ inputs: ['a'] })).toBe('cpu');
    expect(await type({ inputs: 'a', parameters: { top_k: 2 } })).toBe('cpu');
    expect(await type({ inputs: 'a' }, { 'x-use-cache': 'false' })).toBe('cpu');
    expect(await type({ inputs: 'a', options: { use_cache: false } })).toBe('cpu');
    expect(await type({ inputs: 'a', options: { use_cache: false } }, { 'x-use-cache': '1' })).toBe(
      'cache',
    );
  });

  test('forgets what an older revision of the model said', async () => {
    const url = await start();
    const type = async (): Promise<string | null> =>
      (await post(url('other'), 'a')).headers.get('x-compute-type');
    expect([await type(), await type()]).toEqual(['cpu', 'cache']);
    utimesSync(join(models, 'other/model.safetensors'), 1, 1);
    await sleep(2100); // the catalogue looks every two seconds
    expect([await type(), await type()]).toEqual(['cpu', 'cache']);
  });
});

test('V14: SIGTERM: not ready, what is under way finishes, new requests are refused, exit code 0', async () => {
  const program = await startProgram([models]);
  const { origin } = program;
  // the model is loaded while the signal comes: the request is under way for a while
  const asked = post(`${origin}/models/m/good`, 'a [MASK] b');
  const isAsked = async (): Promise<boolean> =>
    String((await get(`${origin}/metrics`)).body).includes('alectra_queue_inputs 1\n');
  while (!(await isAsked())) await sleep(20);
  program.signal('SIGTERM');
  await sleep(100);
  const late = await post(`${origin}/models/m/good`, 'b').catch(() => ({ status: 503 }));
  expect(late.status).toBe(503);
  expect((await asked).status).toBe(200);
  expect(await program.ended()).toBe(0);
});

test('V14: SIGTERM: a request that outlives the grace is given up, exit code 1', async () => {
  const program = await startProgram([models, '--grace-seconds', '0.5']);
  const client = connect(program.port, '127.0.0.1');
  client.on('error', () => undefined); // it is cut off
  client.write('POST /models/m/good HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
  // the next request is taken after it
  await get(`${program.origin}/models`);
  program.signal('SIGTERM');
  expect(await program.ended()).toBe(1);
});
