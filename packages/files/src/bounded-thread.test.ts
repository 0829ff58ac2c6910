import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { BoundedThread, generousTimeLimitMs } from './bounded-thread.js';

jest.setTimeout(60_000); // threads are slow to start on a busy machine

/** Evaluates what it is sent, and says how many requests it had before. */
const SCRIPT = `
  const { parentPort } = require('node:worker_threads');
  let count = 0;
  parentPort.on('message', (code) => parentPort.postMessage([count++, eval(code)]));
  parentPort.postMessage('ready');
`;
const thread = new BoundedThread<string, [number, unknown]>(
  () => new Worker(SCRIPT, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } }),
);
const ask = (code: string, timeLimitMs = 30_000) => thread.ask(code, { timeLimitMs });

afterEach(() => thread.stop());

describe('BoundedThread', () => {
  test('answers requests in order on one thread', async () => {
    expect(await Promise.all([ask('1 + 1'), ask('"b"'), ask('3')])).toEqual([
      [0, 2],
      [1, 'b'],
      [2, 3],
    ]);
  });

  test.each([
    ['for (;;);', 2000, 'work without an end, still after 2 s'],
    ['const all = []; for (;;) all.push(new Array(1e6).fill(0));', 30_000, 'memory limit'],
    ['process.exit(3)', 30_000, 'an end of its thread with code 3'],
    ['throw new Error("thrown in it")', 30_000, 'thrown in it'],
  ])('gives up %j and answers the next request on a new thread', async (code, limit, message) => {
    const [failed, next] = await Promise.allSettled([ask(code, limit), ask('7')]);
    expect(failed).toMatchObject({ reason: { message: expect.stringContaining(message) } });
    expect(next).toMatchObject({ value: [0, 7] });
  });

  test.each([
    'setImmediate(() => process.exit(3)); 0',
    'setImmediate(() => { throw new Error("thrown behind its answer"); }); 0',
  ])('answers on a new thread after %j, by which nobody was kept waiting', async (code) => {
    let ended: Promise<unknown> | undefined;
    const own = new BoundedThread<string, [number, unknown]>(() => {
      const worker = new Worker(SCRIPT, { eval: true });
      ended ??= new Promise((resolve) => worker.once('exit', resolve));
      return worker;
    });
    await own.ask(code, { timeLimitMs: 30_000 });
    await ended;
    expect(await own.ask('7', { timeLimitMs: 30_000 })).toEqual([0, 7]);
    await own.stop();
  });

  test('refuses a request that cannot be sent, and answers the next', async () => {
    const own = new BoundedThread<unknown, [number, unknown]>(
      () => new Worker(SCRIPT, { eval: true }),
    );
    const symbol = own.ask(Symbol('s'), { timeLimitMs: 30_000 });
    await expect(symbol).rejects.toThrow('could not be cloned');
    expect(await own.ask('7', { timeLimitMs: 30_000 })).toEqual([0, 7]);
    await own.stop();
  });

  test('takes buffers over', async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const script = `
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', () => undefined);
      parentPort.postMessage('ready');
    `;
    const silent = new BoundedThread<Uint8Array, never>(() => new Worker(script, { eval: true }));
    const asked = silent.ask(bytes, { timeLimitMs: 1000, transfer: [bytes.buffer] });
    await expect(asked).rejects.toThrow('still after 1 s');
    expect(bytes.length).toBe(0);
  });
});

test('more bytes may take longer', () => {
  expect(generousTimeLimitMs(0)).toBe(30_000);
  expect(generousTimeLimitMs(50 * 2 ** 20)).toBe(130_000);
});
