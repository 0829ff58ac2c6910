// V17: hours of ordinary work. At 80 % of what the server can do, with clients that leave, texts that are refused and
// every task among the requests, the server's memory does not grow, and in the end it answers as fast as a new one.
//
// 15 minutes; ALECTRA_ENDURANCE_MINUTES asks for another length (30 for a release), ALECTRA_SLOW=short for 10 seconds.

import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { COLLECT_GARBAGE, type Program, startProgram } from './program.test-support.js';
import { get, post } from './server.test-support.js';
import { tinyRuns } from './tiny-models.test-support.js';

const isShort = process.env.ALECTRA_SLOW === 'short';
const MINUTES = isShort ? 1 / 6 : Number(process.env.ALECTRA_ENDURANCE_MINUTES ?? 15);
const CLIENTS = 16;
const SLICES = 30;
/** Every task is loaded, every length has been met. */
const WARM_UP = 300;
const WORDS = ['the', 'cat', 'sees', 'a', 'dog', 'my', 'old', 'friend', 'in', 'paris'];

jest.setTimeout((2 * MINUTES + 10) * 60_000);

let runs: string;
let program: Program;
const start = () =>
  startProgram([runs, '--hold-seconds', '300', '--log-level', 'silent'], COLLECT_GARBAGE);
beforeAll(async () => {
  runs = await tinyRuns();
  program = await start();
});
afterAll(async () => {
  await stop(program);
  rmSync(dirname(runs), { recursive: true });
});

async function stop(one: Program): Promise<void> {
  one.signal('SIGTERM');
  expect(await one.ended()).toBe(0);
}

interface Outcome {
  readonly status: number | 'left';
  readonly ms: number;
}

/** The request with this number: the same mixture every hundred, the same texts every 9,000. */
async function ask(number: number, server: Program = program): Promise<Outcome> {
  const length = 1 + ((number * 7) % 45);
  const words = Array.from({ length }, (_, i) => WORDS[(number + i * i) % WORDS.length]);
  const kind = number % 100;
  const isMasked = kind < 80;
  const task = isMasked
    ? 'models/toy/generator'
    : kind < 90
      ? 'models/toy/generator/pipeline/feature-extraction'
      : 'models/toy/discriminator/pipeline/replaced-token-detection';
  const text = `${words.join(' ')} ${number % 1000}`;
  const inputs = isMasked && kind !== 7 ? `${text} [MASK]` : text; // without a mask it is refused
  const leaves = kind === 42 || kind === 95;
  const began = performance.now();
  const headers = { 'x-use-cache': kind % 10 === 3 ? '1' : '0' };
  const signal = leaves ? AbortSignal.timeout(3) : null;
  try {
    const { status } = await post(`${server.origin}/${task}`, { inputs }, { headers, signal });
    return { status, ms: performance.now() - began };
  } catch (error) {
    if (leaves) return { status: 'left', ms: performance.now() - began };
    if (endedWhileIdle(error)) return ask(number, server);
    throw error;
  }
}

/** A kept connection that was closed for idleness while a request was on its way: clients ask again (RFC 9112, 9.3.1). */
const endedWhileIdle = (error: unknown): boolean => {
  const { cause } = error as { cause?: { code?: unknown } };
  return ['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(String(cause?.code));
};

test(`V17: ${MINUTES < 1 ? '10 seconds' : `${MINUTES} minutes`} at 80 % load`, async () => {
  let number = 0;
  for (; number < WARM_UP; number++) await ask(number);

  const seen: Record<string, number> = {};
  const memory: number[] = [];
  const slices: number[][] = [];
  const began = performance.now();
  const end = began + MINUTES * 60_000;
  const watching = async (): Promise<void> => {
    for (let slice = 1; slice <= SLICES; slice++) {
      slices.push([]);
      await sleep(began + (slice * MINUTES * 60_000) / SLICES - performance.now());
      memory.push(memoryOf(program));
    }
  };
  // all ask without rest for 0.8 s of each second: a rate fixed beforehand is too much for a machine that slows
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const { status, ms } = await ask(number++);
      seen[status] = (seen[status] ?? 0) + 1;
      if (status === 200) slices.at(-1)?.push(ms);
      const part = (performance.now() - began) % 1000;
      if (part > 800) await sleep(1000 - part);
    }
  };
  await Promise.all([watching(), ...Array.from({ length: CLIENTS }, client)]);

  const asked = Object.values(seen).reduce((sum, count) => sum + count, 0);
  console.log(`${JSON.stringify(seen)}, ${tableOf(memory, slices)}`);
  expect(Object.keys(seen).filter((s) => !['200', '400', '408', 'left'].includes(s))).toEqual([]);
  // a machine that stands still for ten seconds keeps a request from arriving in time: 1 of 310,590 where that was seen
  expect(seen[408] ?? 0).toBeLessThan(1 + asked / 10_000);
  expect(seen[200]).toBeGreaterThan(0.95 * asked);
  if (!isShort) {
    const third = SLICES / 3;
    const [middle, last] = [memory.slice(third, 2 * third), memory.slice(2 * third)];
    // 30 minutes may not add what two requests leave behind: 4 MB is V8's own to and fro
    expect(Math.max(...last)).toBeLessThan(1.03 * Math.max(...middle) + 4e6);
    expect(await timesAsSlowAsANewOne(number)).toBeLessThan(1.5);
  }
  const metrics = String((await get(`${program.origin}/metrics`)).body);
  expect(metrics).toMatch(/alectra_queue_inputs 0\n/);
  expect(await ask(0)).toMatchObject({ status: 200 });
});

/** Of the middle request of the mixture; asked in turn, so that whoever else wants the cores slows both. */
async function timesAsSlowAsANewOne(from: number): Promise<number> {
  const fresh = await start();
  for (let number = 0; number < WARM_UP; number++) await ask(number, fresh);
  const times = { aged: [] as number[], fresh: [] as number[] };
  for (let number = from; number < from + 500; number++) {
    times.aged.push((await ask(number)).ms);
    times.fresh.push((await ask(number, fresh)).ms);
  }
  await stop(fresh);
  return percentile(times.aged, 0.5) / percentile(times.fresh, 0.5);
}

/** 0 where the system does not say it. */
const memoryOf = (of: Program): number => (existsSync('/proc/self/status') ? of.memory() : 0);

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? 0;

function tableOf(memory: readonly number[], slices: readonly number[][]): string {
  const cells = memory.map(
    (bytes, slice) =>
      `${(bytes / 2 ** 20).toFixed(0)} MiB ${percentile(slices[slice] ?? [], 0.99).toFixed(0)} ms`,
  );
  return `by ${((MINUTES * 60) / SLICES).toFixed(1)} s, memory and 99th percentile: ${cells.join(', ')}`;
}
