import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { BoundedProcess, generousTimeLimitMs } from './bounded-process.js';

jest.setTimeout(60_000); // processes are slow to start on a busy machine

/** Evaluates what it is sent, and says how many requests it had before. */
const SCRIPT = `
  let count = 0;
  process.on('message', (code) => process.send([count++, eval(code)]));
  process.send('ready');
`;
const program = { args: ['--eval', SCRIPT], maxOldSpaceSize: 64 };
const child = new BoundedProcess<string, [number, unknown]>(program);
const ask = (code: string, timeLimitMs = 30_000) => child.ask(code, timeLimitMs);

afterEach(() => child.stop());

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('BoundedProcess', () => {
  test('answers requests in order, on one process', async () => {
    expect(await Promise.all([ask('1 + 1'), ask('"b"'), ask('3')])).toEqual([
      [0, 2],
      [1, 'b'],
      [2, 3],
    ]);
  });

  test.each([
    ['for (;;);', 2000, /^work without an end, still after 2 s$/],
    // an array of more elements than an array can have, on which V8 ends the process at once
    ['const all = [1]; for (;;) all[all.length] = 1;', 30_000, /^an end of its process with SIG/],
    ['const all = []; for (;;) all.push("x".repeat(1e6));', 30_000, /process with SIG/],
    ['process.exit(3)', 30_000, /^an end of its process with code 3$/],
    ['throw new Error("thrown in it")', 30_000, /^an end of its process with code 1$/],
  ])('gives up %j and answers the next request on a new one', async (code, limit, message) => {
    const [failed, next] = await Promise.allSettled([ask(code, limit), ask('7')]);
    expect(failed).toMatchObject({ reason: { message: expect.stringMatching(message) } });
    expect(next).toMatchObject({ value: [0, 7] });
  });

  test('answers on a new one after an end behind its answer, by which nobody was kept waiting', async () => {
    const [, pid] = await ask('setImmediate(() => process.exit(3)); process.pid');
    while (isAlive(Number(pid))) await setTimeout(10);
    const [count, next] = await ask('process.pid');
    expect(count).toBe(0);
    expect(next).not.toBe(pid);
  });

  test('refuses a request that cannot be sent, and answers the next', async () => {
    const own = new BoundedProcess<object | string, [number, unknown]>(program);
    await expect(own.ask({ of: () => 1 }, 30_000)).rejects.toThrow('could not be cloned');
    expect(await own.ask('7', 30_000)).toEqual([0, 7]);
    await own.stop();
  });

  test('passes bytes both ways', async () => {
    const echo = `process.on('message', (m) => process.send(m)); process.send('ready');`;
    const own = new BoundedProcess<Uint8Array, Uint8Array>({
      args: ['--eval', echo],
      maxOldSpaceSize: 64,
    });
    const bytes = Uint8Array.from({ length: 3e6 }, (_, i) => i % 251);
    expect(Buffer.compare(await own.ask(bytes, 30_000), bytes)).toBe(0);
    await own.stop();
  });

  test('tells whoever waits that it was stopped', async () => {
    const answer = ask('for (;;);');
    const told = expect(answer).rejects.toThrow('an end of its process with SIGKILL');
    await setImmediate();
    await child.stop();
    await told;
  });
});

test('more bytes may take longer', () => {
  expect(generousTimeLimitMs(0)).toBe(30_000);
  expect(generousTimeLimitMs(50 * 2 ** 20)).toBe(130_000);
});
