// More than 50,000 requests that are wrong in structure or in bytes: no 5xx, no crash, no growth, and no word of one
// request in the answer to another.
//
// ALECTRA_SLOW=short sends a twenty-fifth of them. Every request is made from a seed, which a failure names.

import { existsSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Program, startProgram } from './program.test-support.js';
import { get, post, type Reply } from './server.test-support.js';
import { tinyRuns } from './tiny-models.test-support.js';

const isShort = process.env.ALECTRA_SLOW === 'short';
const STRUCTURES = isShort ? 1600 : 42_000;
const BYTES = isShort ? 400 : 12_000;
const PARALLEL = 16;

jest.setTimeout(40 * 60_000);

let runs: string;
let program: Program;
beforeAll(async () => {
  runs = await tinyRuns();
  const flags = ['--request-seconds', '2', '--hold-seconds', '120', '--log-level', 'silent'];
  program = await startProgram([runs, ...flags]);
  await post(`${program.origin}/models/toy/generator`, '[MASK]');
  await post(`${program.origin}/models/toy/discriminator`, 'a');
});
afterAll(async () => {
  program.signal('SIGTERM');
  expect(await program.ended()).toBe(0);
  rmSync(dirname(runs), { recursive: true });
});

/** Mulberry32: numbers below `n`. */
function draws(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
const pick = <T>(draw: (n: number) => number, from: readonly T[]): T =>
  from[draw(from.length)] as T;

const TEXTS = [
  'the cat [MASK] a dog',
  '[MASK]',
  '',
  '[MASK] [MASK] [MASK]',
  'the [CLS] [MASK] [SEP] [PAD]',
  '👩‍👩‍👧 [MASK]',
  '\ud800[MASK]',
  '\0[MASK]',
  'שלום [MASK]',
  'a'.repeat(3000),
  `[MASK]${'\u0301'.repeat(500)}`,
  'cat '.repeat(100),
  '##a [MASK ] ]MASK[',
];
const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  '',
  '5',
  [],
  {},
  [[]],
  [null],
  { a: { b: [1] } },
  ['a', 'b'],
  'none',
  'x'.repeat(2000),
];
const PATHS = [
  '/models/toy/generator',
  '/models/toy/discriminator',
  '/models/toy/generator/pipeline/fill-mask',
  '/models/toy/discriminator/pipeline/replaced-token-detection',
  '/models/toy/discriminator/pipeline/token-classification',
  '/models/toy/generator/pipeline/feature-extraction',
  '/hf-inference/models/toy/generator',
];
const PARAMETERS: readonly (readonly [string, readonly unknown[]])[] = [
  ['top_k', [1, 5, 1000, 5000]],
  ['targets', ['cat', ['cat', 'dog'], [], ['zzz'], [''], Array(2000).fill('a')]],
  ['flatten', [true, false]],
  ['truncate', [true, false]],
  ['aggregation_strategy', ['none', 'simple', 'first', 'average', 'max']],
  ['ignore_labels', [[], ['O'], ['ORIGINAL']]],
  ['pooling', ['none', 'mean', 'cls']],
  ['normalize', [true]],
  ['constructor', [{}]],
  ['nothing', [1]],
];

interface Sent {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request that is right but for what the draws make of it. `mark` stands in its text, and in no other's. */
function structured(seed: number, mark: string): Sent {
  const draw = draws(seed);
  const text = (): string => (draw(3) ? `${mark} ${pick(draw, TEXTS)}` : pick(draw, TEXTS));
  const inputs: unknown = draw(4)
    ? text()
    : draw(2)
      ? Array.from({ length: draw(5) }, text)
      : pick(draw, ODD);
  const parameters = Object.fromEntries(
    Array.from({ length: draw(3) }, () => {
      const [name, values] = pick(draw, PARAMETERS);
      return [name, draw(4) ? pick(draw, values) : pick(draw, ODD)];
    }),
  );
  const body: Record<string, unknown> = {
    inputs,
    parameters,
    options: { use_cache: draw(2) === 0 },
  };
  if (draw(10) === 0) body.options = pick(draw, ODD);
  if (draw(10) === 0) body.parameters = pick(draw, ODD);
  if (draw(20) === 0) delete body.inputs;
  if (draw(20) === 0) body[pick(draw, ['model', 'stream', 'x', 'prototype'])] = pick(draw, ODD);
  const json = JSON.stringify(draw(30) ? body : pick(draw, ODD)) ?? '';
  return {
    path: draw(25) ? pick(draw, PATHS) : odd(draw, pick(draw, PATHS)),
    method: draw(40) ? 'POST' : pick(draw, ['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']),
    headers: {
      'content-type': draw(6)
        ? 'application/json'
        : pick(draw, [
            'text/plain',
            'application/x-www-form-urlencoded',
            'a/b',
            '',
            'multipart/form-data',
          ]),
      ...(draw(20) === 0 && { 'x-use-cache': pick(draw, ['0', 'maybe', 'true']) }),
      ...(draw(20) === 0 && { 'content-encoding': pick(draw, ['gzip', 'identity', 'x']) }),
      ...(draw(20) === 0 && { authorization: 'Bearer x' }),
    },
    body: draw(12) ? json : odd(draw, json),
  };
}

/** One character more, less, or another. */
function odd(draw: (n: number) => number, text: string): string {
  const at = draw(text.length + 1);
  const character = String.fromCharCode(33 + draw(94));
  return text.slice(0, at) + (draw(3) ? character : '') + text.slice(at + draw(3));
}

const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });

function send({ path, method, headers, body }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, port: program.port, host: '127.0.0.1', path, method, headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(method === 'GET' || method === 'HEAD' ? undefined : body);
  });
}

/** Runs `work` for each number below `count`, some at a time. */
async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

async function expectWell(): Promise<void> {
  expect(program.exitCode()).toBeNull();
  expect((await get(`${program.origin}/health`)).body).toMatchObject({ status: 'ok' });
  const metrics = String((await get(`${program.origin}/metrics`)).body);
  expect(metrics).not.toMatch(/status="(5\d\d|424)"/);
  expect(metrics).not.toContain('alectra_worker_crashes_total{');
  // what was asked on connections that were cut off may still be computed
  const isIdle = async (): Promise<boolean> =>
    /alectra_queue_inputs 0\n/.test(String((await get(`${program.origin}/metrics`)).body));
  const end = performance.now() + 60_000;
  while (!(await isIdle()) && performance.now() < end) await sleep(100);
  expect(await isIdle()).toBe(true);
}

/** One request in so many is right, and has its right answer. */
const CONTROL = 20;

test('requests of wrong structure are answered or refused, each by itself', async () => {
  const path = `${program.origin}/models/toy/generator`;
  const question = { inputs: 'the cat [MASK] a dog', options: { use_cache: false } };
  const before = await post(path, question);
  const tokens = ({ body }: Reply): number[] =>
    (body as { token: number }[]).map(({ token }) => token);
  expect(tokens(before)).toHaveLength(5);
  const memory: number[] = [];
  const seen: Record<number, number> = {};
  await inParallel(STRUCTURES, async (seed) => {
    if (seed % CONTROL === 0) {
      expect(tokens(await post(path, question))).toEqual(tokens(before));
      return;
    }
    const mark = `${100_000 + seed}`;
    const sent = structured(seed, mark);
    const { status, text } = await send(sent).catch((error: Error) => {
      throw new Error(`seed ${seed}: ${error.message}`);
    });
    seen[status] = (seen[status] ?? 0) + 1;
    if (status >= 500 || status === 424) throw new Error(`seed ${seed}: ${status} ${text}`);
    // six digits in an answer are this request's own: its mark, or what a changed character made of it
    for (const [found] of text.matchAll(/\b1\d{5}\b/g))
      if (!sent.body.includes(found))
        throw new Error(`seed ${seed}: ${found} of another request in ${text}`);
    if (seed % (STRUCTURES / 10) === 1 && existsSync('/proc/self/status'))
      memory.push(program.memory());
  });
  await expectWell();
  expect(await post(path, question)).toMatchObject({ status: 200, body: before.body });
  expect(seen[200]).toBeGreaterThan(STRUCTURES / 10); // the fuzz reaches the models
  expect(seen[400]).toBeGreaterThan(STRUCTURES / 20);
  // answers are cached up to 16 MB, and compiled shapes are kept
  if (!isShort) expect(memory.at(-1)).toBeLessThan(1.3 * (memory[4] ?? 0) + 64e6);
});

test('requests of wrong bytes are answered or cut off', async () => {
  const good = Buffer.from(
    'POST /models/toy/generator HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
      'content-length: 35\r\nx-use-cache: 0\r\n\r\n{"inputs":"the cat [MASK] a dog."}\n',
  );
  const seen: Record<string, number> = {};
  await inParallel(BYTES, async (seed) => {
    if (seed % CONTROL === 0) {
      expect(await exchange(good, 60_000)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"sequence":/);
      return;
    }
    const draw = draws(1e6 + seed);
    let bytes = Buffer.from(good);
    for (let changes = 1 + draw(4); changes > 0; changes--) {
      const at = draw(bytes.length);
      const kind = draw(4);
      if (kind === 0) bytes[at] = draw(256);
      else if (kind === 1)
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + draw(8))]);
      else if (kind === 2)
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from([draw(256)]),
          bytes.subarray(at),
        ]);
      else bytes = Buffer.concat([bytes, bytes.subarray(at)]);
    }
    const reply = await exchange(bytes, 300);
    const status = /^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? 'none';
    seen[status] = (seen[status] ?? 0) + 1;
    if (/^HTTP\/1\.1 (5\d\d|424)/m.test(reply)) throw new Error(`seed ${seed}: ${reply}`);
  });
  await expectWell();
  expect(seen['200']).toBeGreaterThan(BYTES / 50);
  expect(seen['400']).toBeGreaterThan(BYTES / 20);
});

/** Writes bytes and returns what comes back; after `patienceMs` without an answer it says that there are no more. */
function exchange(bytes: Uint8Array, patienceMs: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port: program.port, host: '127.0.0.1' });
    // Node's server gives up who half-closes before the answer, so this is not done at once
    const impatience = setTimeout(() => socket.end(), patienceMs);
    socket.on('data', (chunk) => {
      text += chunk;
      socket.end();
    });
    socket.on('error', () => undefined); // cut off, which is an answer too
    socket.on('close', () => {
      clearTimeout(impatience);
      resolve(text);
    });
    socket.write(bytes);
  });
}
