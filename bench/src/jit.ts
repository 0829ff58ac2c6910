// npm run bench -- jit [--rounds 5] [--steps 3] [--threads 2] [--modules <folder>] [--only onnxruntime,torch]
//   [--providers webgpu,cuda]
//
// The train step of `train-step` on every engine of @alectra/jit, on TensorFlow.js without it (tfjs-node, wasm),
// and in PyTorch (float32, bf16 autocast, torch.compile), interleaved in one run. Contestants that cannot start
// are named with the reason. `--modules` is a folder whose node_modules has @tensorflow/tfjs-node, by default
// ALECTRA_TFJS_NODE; ALECTRA_PYTHON names the Python with torch and transformers. `--providers` adds ONNX Runtime on a
// GPU.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Contestant, startContestant } from './contestant.js';
import { describeMachine } from './machine.js';
import { median, pairedRatio } from './statistics.js';
import { nodeFromSource } from './train-step.js';
import { trainStepGigaflop } from './train-step-shape.js';
import { wholeNumber } from './whole-number.js';

/** Our engines, then TensorFlow.js as it is: arguments of jit-worker.ts. */
const ENGINES: Readonly<Record<string, readonly string[]>> = {
  'alectra onnxruntime': ['--engine', 'onnxruntime'],
  'alectra tensorflow': ['--engine', 'tensorflow'],
  'alectra tensorflow bf16': ['--engine', 'tensorflow', '--precision', 'bf16'],
  'tfjs-node eager': ['--engine', 'eager', '--backend', 'tensorflow'],
  'tfjs wasm eager': ['--engine', 'eager', '--backend', 'wasm'],
};

/** Variants of peers/train_step.py. */
const TORCH = ['gathered', 'hf', 'gathered-bf16', 'gathered-bf16-compile'] as const;

/** Takes many seconds a step: one a round has to do. */
const isSlow = ({ contestant }: Row): boolean => contestant.name.includes('wasm');

/** Peers that cannot run this step, and why. */
const LEFT_OUT = [
  'jax-js (as of 0.1.25 its jit has no gradient of a gather: this vocabulary would be trained through one-hot matrices of 30,522 columns)',
];

interface Row {
  readonly contestant: Contestant;
  /** Median seconds of a step, one figure a round. */
  readonly rounds: number[];
  readonly seconds: number[];
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      steps: { type: 'string', default: '3' },
      threads: { type: 'string', default: '2' },
      modules: { type: 'string', default: process.env.ALECTRA_TFJS_NODE ?? process.cwd() },
      only: { type: 'string', default: '' },
      providers: { type: 'string', default: '' },
    },
  });
  const rounds = wholeNumber('rounds', values.rounds);
  const steps = wholeNumber('steps', values.steps);
  wholeNumber('threads', values.threads);
  console.log(describeMachine());
  const rows: Row[] = [];
  try {
    const only = values.only.split(',').filter(Boolean);
    const providers = values.providers.split(',').filter(Boolean);
    for (const [name, command] of commands(values.threads, values.modules, providers)) {
      if (only.length > 0 && !only.some((part) => name.includes(part))) continue;
      const contestant = await started(name, command);
      if (contestant) rows.push({ contestant, rounds: [], seconds: [] });
    }
    for (const reason of LEFT_OUT) console.log(`left out: ${reason}`);
    for (const row of rows) await row.contestant.steps(isSlow(row) ? 1 : 2); // warm up
    for (let round = 0; round < rounds; round++) {
      for (const row of rows) {
        const seconds = await row.contestant.steps(isSlow(row) ? 1 : steps);
        row.seconds.push(...seconds);
        row.rounds.push(median(seconds));
      }
      process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    }
    await printTable(rows);
    printRatios(rows);
  } finally {
    for (const row of rows) row.contestant.stop();
  }
}

function commands(
  threads: string,
  modules: string,
  providers: readonly string[],
): [string, string[]][] {
  const worker = fileURLToPath(new URL('./jit-worker.ts', import.meta.url));
  const script = fileURLToPath(new URL('../peers/train_step.py', import.meta.url));
  const python = process.env.ALECTRA_PYTHON ?? 'python3';
  const gpus = providers.map((provider): [string, string[]] => [
    `alectra onnxruntime ${provider}`,
    ['--engine', 'onnxruntime', '--provider', provider],
  ]);
  return [
    ...[...Object.entries(ENGINES), ...gpus].map(([name, options]): [string, string[]] => [
      name,
      [...nodeFromSource(), worker, ...options, '--threads', threads, '--modules', modules],
    ]),
    ...TORCH.map((variant): [string, string[]] => [
      `torch ${variant}`,
      [python, script, '--variant', variant, '--threads', threads],
    ]),
  ];
}

async function started(name: string, command: readonly string[]): Promise<Contestant | undefined> {
  try {
    return await startContestant(name, command);
  } catch (error) {
    const lines = String(error).split('\n');
    const reason = lines.find((line) => /Error:/.test(line)) ?? lines.at(-1) ?? '';
    console.log(`left out: ${name} (${reason.trim()})`);
    return undefined;
  }
}

async function printTable(rows: readonly Row[]): Promise<void> {
  for (const { contestant } of rows)
    console.log(`${contestant.name}: ${contestant.about.versions}`);
  const gigaflop = trainStepGigaflop();
  console.log(
    `\n${gigaflop.toFixed(1)} GFLOP a step in matrix products; "of own" is the share of the best float32 product of\n` +
      'the same library; "trace" is tracing and writing the graph, "load" what the engine makes of it, "first" the first\n' +
      'step (in which tensorflow loads); "beside" what a call costs beside the time inside the engine\n',
  );
  console.log(
    `${''.padEnd(28)} ms/step   steps  GFLOP/s  of own  trace s  load s  first s  beside  peak MiB`,
  );
  for (const { contestant, seconds } of rows) {
    const { name, about } = contestant;
    const step = median(seconds);
    const speed = gigaflop / step;
    const own = about.bestProduct as number | undefined;
    const cells = [
      (step * 1e3).toFixed(0).padStart(7),
      String(seconds.length).padStart(7),
      speed.toFixed(0).padStart(8),
      (own ? `${((100 * speed) / own).toFixed(0)} %` : '').padStart(7),
      secondsText(about.traceSeconds).padStart(8),
      secondsText(about.loadSeconds).padStart(7),
      secondsText(about.firstSeconds).padStart(8),
      percentText(about.overhead).padStart(7),
      (await contestant.peakMemoryMiB()).toFixed(0).padStart(9),
    ];
    console.log(`${name.padEnd(28)} ${cells.join(' ')}`);
  }
}

function printRatios(rows: readonly Row[]): void {
  const ours = rows.filter(({ contestant }) => contestant.name.startsWith('alectra'));
  const peers = rows.filter(({ contestant }) => !contestant.name.startsWith('alectra'));
  if (ours.length === 0 || peers.length === 0) return;
  console.log('\nspeed of ours over the peer, median of the rounds (above 1: ours is faster)');
  for (const { contestant, rounds } of ours) {
    for (const peer of peers) {
      console.log(
        `${contestant.name} / ${peer.contestant.name}: ${pairedRatio(rounds, peer.rounds).toFixed(2)}`,
      );
    }
  }
}

const percentText = (value: unknown): string =>
  typeof value === 'number' ? `${(100 * value).toFixed(2)} %` : '';
const secondsText = (value: unknown): string => (typeof value === 'number' ? value.toFixed(2) : '');
