import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { BoundedProcess, generousTimeLimitMs, ProcessStartError } from './bounded-process.js';

jest.setTimeout(60_000); // processes are slow to start on a busy machine

/** Evaluates what it is sent, and says how many requests it had before. */
const SCRIPT = `
  let count = 0;
  process.on('message', (code) => process.send([count++, eval(code)]));
  process.send('ready');
`;
const program = { args: ['--eval', SCRIPT], memoryMiB: 64 };
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
    // beside the heap
    ['for (const all = []; ; ) all.push(Buffer.alloc(1e7, 1));', 30_000, /process with SIGKILL$/],
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
      memoryMiB: 64,
    });
    const bytes = Uint8Array.from({ length: 3e6 }, (_, i) => i % 251);
    expect(Buffer.compare(await own.ask(bytes, 30_000), bytes)).toBe(0);
    await own.stop();
  });

  test('tells whoever waits that it was stopped, and starts anew for who comes later', async () => {
    const told = Promise.allSettled([ask('for (;;);'), ask('7')]);
    await setImmediate();
    await child.stop();
    expect(await told).toMatchObject([
      { reason: { message: 'an end of its process with SIGKILL' } },
      { reason: { message: 'a stop before its turn' } },
    ]);
    expect(await ask('7')).toEqual([0, 7]);
  });

  test('says why it did not start', async () => {
    const own = new BoundedProcess({ args: ['/nowhere/parser.js'], memoryMiB: 64 });
    const failed = own.ask({}, 30_000);
    await expect(failed).rejects.toThrow(ProcessStartError);
    await expect(failed).rejects.toThrow(
      /^files: a process could not be started: found an end of its process with code 1 before it was ready, expected Node with \/nowhere\/parser\.js\.\n(?:.|\n)*Cannot find module/,
    );
  });
});

describe('in a program of its own', () => {
  const files = new URL('./bounded-process.ts', import.meta.url).href;
  const flags = ['--import', 'tsx', '--conditions=@alectra/source', '--input-type=module'];
  const inProgram = (lines: string): string[] => [
    ...flags,
    '--eval',
    `import { BoundedProcess } from ${JSON.stringify(files)};
     const child = new BoundedProcess(${JSON.stringify(program)});
     const ask = (code) => child.ask(code, 600_000);
     ${lines}`,
  ];
  const outputOf = async (lines: string): Promise<string> =>
    (await promisify(execFile)(process.execPath, inProgram(lines), { timeout: 30_000 })).stdout;

  test('an answer and a stop are waited for, and nothing else', async () => {
    expect(await outputOf('console.log(await ask("1 + 1")); await child.stop();')).toBe(
      '[ 0, 2 ]\n',
    );
    expect(await outputOf('console.log(await ask("3"));')).toBe('[ 0, 3 ]\n');
  });

  test('a busy process ends with the program, however that ends', async () => {
    const lines = 'console.log((await ask("process.pid"))[1]); void ask("for (;;);");';
    const started = spawn(process.execPath, inProgram(lines), {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [pid] = await once(started.stdout, 'data');
    await setTimeout(200); // the loop has begun
    expect(isAlive(Number(pid))).toBe(true);
    started.kill('SIGKILL');
    while (isAlive(Number(pid))) await setTimeout(20); // else the test hangs
  });

  const onLinux = existsSync('/proc/self/stat') ? test : test.skip;
  onLinux('a busy process ends with the thread that started it', async () => {
    const thread = inProgram(`
      import { parentPort } from 'node:worker_threads';
      parentPort.postMessage((await ask("process.pid"))[1]);
      void ask("for (;;);");`).at(-1);
    const url = `data:text/javascript,${encodeURIComponent(String(thread))}`;
    const output = await outputOf(`
      import { once } from 'node:events';
      import { readFileSync } from 'node:fs';
      import { Worker } from 'node:worker_threads';
      const script = \`
        import { workerData } from 'node:worker_threads';
        import { register } from 'tsx/esm/api';
        register();
        await import(workerData);
      \`;
      const worker = new Worker(script, { eval: true, workerData: ${JSON.stringify(url)} });
      const [pid] = await once(worker, 'message');
      await worker.terminate();
      // its exit is nobody's to collect any more
      const isRunning = () => !readFileSync('/proc/' + pid + '/stat', 'utf8').includes(') Z ');
      while (isRunning()) await new Promise((resolve) => setTimeout(resolve, 20));
      console.log('ended');`);
    expect(output).toBe('ended\n');
  });
});

test('more bytes may take longer', () => {
  expect(generousTimeLimitMs(0)).toBe(30_000);
  expect(generousTimeLimitMs(50 * 2 ** 20)).toBe(130_000);
});
