// npm run bench -- serve [--rounds n] [--seconds n] [--threads n] [--minutes n]: apps/serve beside a server of equal
// API around transformers.js, both with the same weights: ALBERT 12 x 256 for fill-mask, one mask a text, 8 to 128
// tokens. Rounds are interleaved, one server at a time; a ratio is the median of the rounds' ratios.
//
// With --minutes it measures endurance instead: our server alone at 80 % of its throughput, memory and p99 by minute.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { registerKernels } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs';
import { describeMachine } from './machine.js';
import {
  ask,
  closedLoad,
  type Load,
  openLoad,
  percentile,
  type Target,
  targetAt,
} from './serve-load.js';
import { textSource, writeModel } from './serve-model.js';
import { median, pairedRatio } from './statistics.js';
import { wholeNumber } from './whole-number.js';

const CLIENTS = 32;
const MODEL = 'bench/model';
/** Milliseconds after which a server disturbs the other no more: threads of transformers.js spin for 50 after a run. */
const REST = 100;
const root = fileURLToPath(new URL('../..', import.meta.url));
const peer = fileURLToPath(new URL('../peers/serve', import.meta.url));

interface Server {
  readonly name: string;
  readonly target: Target;
  /** Resident memory in MiB, where the system says it. */
  memoryMiB(): number;
  /** Milliseconds of processor time so far, where the system says it. */
  processorMs(): number;
  stop(): void;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '6' },
      threads: { type: 'string', default: '2' },
      minutes: { type: 'string' },
    },
  });
  const threads = wholeNumber('threads', values.threads);
  tf.enableProdMode();
  registerKernels('cpu');
  const folder = mkdtempSync(join(tmpdir(), 'alectra-serve-'));
  const servers: Server[] = [];
  try {
    console.log(describeMachine());
    const words = await writeModel(folder);
    const texts = textSource(words, 1);
    const ours = await startOurs(folder, threads);
    servers.push(ours);
    if (values.minutes !== undefined) {
      await endure(ours, texts, wholeNumber('minutes', values.minutes));
      return;
    }
    const theirs = await startPeer(folder, threads);
    servers.push(theirs);
    await sameAnswers(ours, theirs, texts());
    const rounds = wholeNumber('rounds', values.rounds);
    await latency(ours, theirs, texts, rounds);
    await throughput(ours, theirs, texts, rounds, wholeNumber('seconds', values.seconds));
  } finally {
    for (const server of servers) server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** A figure means nothing if the servers disagree. */
async function sameAnswers(ours: Server, theirs: Server, text: string): Promise<void> {
  const [mine, reference] = await Promise.all(
    [ours, theirs].map(async ({ target }) => {
      const { body } = await ask(target, text);
      return JSON.parse(body) as { token: number; score: number }[];
    }),
  );
  const differs = mine.some(
    ({ token, score }, at) =>
      token !== reference[at]?.token || Math.abs(score - reference[at].score) > 1e-4,
  );
  if (differs)
    throw new Error(
      `bench: the servers disagree about "${text}": ${JSON.stringify(mine)} and ${JSON.stringify(reference)}.`,
    );
}

/** One request at a time, by turns twelve to each server: one after another, and after a rest. */
async function latency(
  ours: Server,
  theirs: Server,
  texts: () => string,
  rounds: number,
): Promise<void> {
  for (let i = 0; i < 40; i++)
    await Promise.all([ours, theirs].map(({ target }) => ask(target, texts())));
  for (const server of [ours, theirs]) await idle(server);
  for (const rest of [0, REST]) {
    const mine: number[] = [];
    const reference: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const asked = Array.from({ length: 12 }, texts);
      for (const [{ target }, times] of [
        [ours, mine],
        [theirs, reference],
      ] as const) {
        await setTimeout(REST);
        for (const text of asked) {
          await setTimeout(rest);
          times.push((await ask(target, text)).ms);
        }
      }
    }
    console.log(
      `one request at a time${rest > 0 ? `, ${rest} ms after the last` : ''}: ${median(mine).toFixed(1)} ms, ` +
        `transformers.js ${median(reference).toFixed(1)} ms, ratio ${pairedRatio(mine, reference).toFixed(2)}, at least 1.3 wanted`,
    );
  }
}

/** Waits until the server has done what it does for itself after its start: ours compiles its usual shapes. */
async function idle(server: Server): Promise<void> {
  for (;;) {
    const before = server.processorMs();
    await setTimeout(1000);
    if (!(server.processorMs() - before > 50)) return; // NaN where the system does not say
  }
}

interface Round extends Load {
  /** Of one answer. */
  readonly processorMs: number;
}

async function throughput(
  ours: Server,
  theirs: Server,
  texts: () => string,
  rounds: number,
  seconds: number,
): Promise<void> {
  const load = async (server: Server, time = seconds): Promise<Round> => {
    const before = server.processorMs();
    const done = await closedLoad(server.target, texts, { clients: CLIENTS, seconds: time });
    return { ...done, processorMs: (server.processorMs() - before) / done.latencies.length };
  };
  await load(ours, 2 * seconds); // shapes are compiled when they are first met
  await load(theirs, seconds / 2);
  const mine: Round[] = [];
  const reference: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    mine.push(await load(ours));
    reference.push(await load(theirs));
  }
  const ratio = pairedRatio(
    mine.map((one) => 1 / one.throughput),
    reference.map((one) => 1 / one.throughput),
  );
  for (const [server, loads] of [
    [ours, mine],
    [theirs, reference],
  ] as const) {
    const all = loads.flatMap(({ latencies }) => latencies);
    const refused = loads.flatMap((one) => Object.values(one.refused)).reduce((a, b) => a + b, 0);
    console.log(
      `${server.name}, ${CLIENTS} clients: ${median(loads.map((one) => one.throughput)).toFixed(1)} requests/s, ` +
        `${median(loads.map((one) => one.processorMs)).toFixed(1)} ms of processor time each, ` +
        `p50 ${percentile(all, 0.5).toFixed(0)} ms, p99 ${percentile(all, 0.99).toFixed(0)} ms, ` +
        `${refused} refused, ${server.memoryMiB().toFixed(0)} MiB`,
    );
  }
  const work = pairedRatio(
    mine.map((one) => one.processorMs),
    reference.map((one) => one.processorMs),
  );
  console.log(
    `throughput ratio ${ratio.toFixed(2)}, at least 3 wanted; of processor time ${work.toFixed(2)}`,
  );
}

/** Fails if memory or p99 of the last third is above that of the middle third by more than noise. */
async function endure(server: Server, texts: () => string, minutes: number): Promise<void> {
  const full = await closedLoad(server.target, texts, { clients: CLIENTS, seconds: 30 });
  const perSecond = 0.8 * full.throughput;
  console.log(`${full.throughput.toFixed(1)} requests/s at most; ${minutes} minutes at 80 % of it`);
  const memory: number[] = [];
  const slowest: number[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const {
      throughput: done,
      latencies,
      refused,
    } = await openLoad(server.target, texts, {
      perSecond,
      seconds: 60,
    });
    memory.push(server.memoryMiB());
    slowest.push(percentile(latencies, 0.99));
    console.log(
      `minute ${minute}: ${done.toFixed(1)} requests/s, p50 ${percentile(latencies, 0.5).toFixed(0)} ms, ` +
        `p99 ${slowest.at(-1)?.toFixed(0)} ms, ${memory.at(-1)?.toFixed(0)} MiB, refused ${JSON.stringify(refused)}`,
    );
  }
  const third = Math.floor(minutes / 3);
  if (third === 0) return;
  const growth = median(memory.slice(-third)) / median(memory.slice(third, 2 * third));
  console.log(
    `memory of the last third over the middle third: ${growth.toFixed(3)}, at most 1.05 wanted`,
  );
  if (growth > 1.05) process.exitCode = 1;
}

async function startOurs(folder: string, threads: number): Promise<Server> {
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', '--conditions=@alectra/source', join(root, 'apps/serve/src/main.ts')],
      ...[join(folder, MODEL), '--port', '0', '--threads', String(threads), '--log-level', 'warn'],
    ],
    { stdio: ['ignore', 'inherit', 'pipe'] },
  );
  const url = await firstMatch(child, child.stderr, /(http:\/\/\S+)\/models\//);
  return server('alectra', child, url);
}

async function startPeer(folder: string, threads: number): Promise<Server> {
  const home = join(tmpdir(), 'alectra-serve-peer');
  if (!existsSync(join(home, 'node_modules/@huggingface/transformers'))) {
    mkdirSync(home, { recursive: true });
    cpSync(join(peer, 'package.json'), join(home, 'package.json'));
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--workspaces=false'];
    execFileSync('npm', ['install', ...flags], { cwd: home, stdio: 'inherit' });
  }
  cpSync(join(peer, 'server.mjs'), join(home, 'server.mjs'));
  const child = spawn(process.execPath, ['server.mjs', folder, MODEL, String(threads)], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return server('transformers.js', child, await firstMatch(child, child.stdout, /"url":"([^"]+)"/));
}

function server(name: string, child: ChildProcess, origin: string): Server {
  return {
    name,
    target: targetAt(`${origin}/models/${MODEL}`),
    memoryMiB: () => residentMiB(child.pid),
    processorMs: () => processorMs(child.pid),
    stop: () => child.kill('SIGKILL'),
  };
}

function residentMiB(pid: number | undefined): number {
  try {
    const [, kilobytes] =
      /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return Number.NaN;
  }
}

function processorMs(pid: number | undefined): number {
  try {
    // After the name, which is in parentheses: user and system time are the 12th and 13th field, in 1/100 s.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Number.NaN;
  }
}

/** The first group of the pattern in what the process writes. @throws Error if it ends before */
async function firstMatch(
  child: ChildProcess,
  stream: NodeJS.ReadableStream,
  pattern: RegExp,
): Promise<string> {
  let text = '';
  const found = new Promise<string>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
      const [, match] = pattern.exec(text) ?? [];
      if (match !== undefined) resolve(match);
    });
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`bench: a server stopped before it was ready.\n${text.slice(-2000)}`);
  });
  ended.catch(() => undefined); // it ends some day
  return Promise.race([found, ended]);
}
