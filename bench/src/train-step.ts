// npm run bench -- train-step [--rounds 5] [--steps 5] [--threads 2] [--engines onnxruntime] [--all]
//
// One ELECTRA train step (ALBERT 12x256 discriminator, ALBERT 12x64 generator, 8x128 tokens, 19 slots,
// vocabulary 30,522, AdamW with clip, dropout 0) on our engines and in PyTorch with Hugging Face's models.
// Every contestant runs `steps` steps a round, one after another; ratios are taken round by round.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Contestant, startContestant } from './contestant.js';
import { describeMachine } from './machine.js';
import { median, pairedRatio } from './statistics.js';
import { trainStepGigaflop } from './train-step-shape.js';
import { wholeNumber } from './whole-number.js';

/** PyTorch's variants, the first two always, the rest with --all. */
const PEERS = ['gathered', 'hf', 'gathered-bf16', 'gathered-bf16-compile'] as const;

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
      steps: { type: 'string', default: '5' },
      threads: { type: 'string', default: '2' },
      engines: { type: 'string', default: 'onnxruntime' },
      all: { type: 'boolean', default: false },
    },
  });
  const rounds = wholeNumber('rounds', values.rounds);
  const steps = wholeNumber('steps', values.steps);
  wholeNumber('threads', values.threads);
  console.log(describeMachine());

  const rows: Row[] = [];
  try {
    const engines = values.engines.split(',');
    for await (const contestant of contestants(engines, values.threads, values.all))
      rows.push({ contestant, rounds: [], seconds: [] });
    for (const row of rows) await row.contestant.steps(2); // warm up
    for (let round = 0; round < rounds; round++) {
      for (const row of rows) {
        const seconds = await row.contestant.steps(steps);
        row.seconds.push(...seconds);
        row.rounds.push(median(seconds));
      }
      process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    }
    await print(rows);
  } finally {
    for (const row of rows) row.contestant.stop();
  }
}

/** One after another, so that the caller can stop those that have started if a later one does not. */
async function* contestants(
  engines: string[],
  threads: string,
  all: boolean,
): AsyncGenerator<Contestant> {
  const worker = fileURLToPath(new URL('./train-step-worker.ts', import.meta.url));
  for (const engine of engines) {
    const command = [...nodeFromSource(), worker, '--engine', engine, '--threads', threads];
    yield await startContestant(`alectra ${engine}`, command);
  }
  const python = process.env.ALECTRA_PYTHON ?? 'python3';
  const script = fileURLToPath(new URL('../peers/train_step.py', import.meta.url));
  for (const variant of all ? PEERS : PEERS.slice(0, 2)) {
    const command = [python, script, '--variant', variant, '--threads', threads];
    const peer = await startContestant(`torch ${variant}`, command).catch((error: unknown) => {
      console.log(`left out: torch ${variant} (${String(error).trim().split('\n').at(-1)})`);
    });
    if (peer) yield peer;
  }
}

/** How a TypeScript file of this repository is run without a build. */
export function nodeFromSource(): string[] {
  return [process.execPath, '--import', 'tsx', '--conditions=@alectra/source'];
}

async function print(rows: readonly Row[]): Promise<void> {
  for (const { contestant } of rows)
    console.log(`${contestant.name}: ${contestant.about.versions}`);
  const products = rows.map(({ contestant }) => contestant.about.bestProduct as number | undefined);
  const best = Math.max(...products.map((product) => product ?? 0));
  const gigaflop = trainStepGigaflop();
  console.log(
    `\n${gigaflop.toFixed(1)} GFLOP a step in matrix products; best product of the machine ${best.toFixed(0)} GFLOP/s`,
  );
  console.log('\n                              ms/step   steps   GFLOP/s   of best   peak MiB');
  for (const { contestant, seconds } of rows) {
    const step = median(seconds);
    const speed = gigaflop / step;
    const peak = await contestant.peakMemoryMiB();
    console.log(
      `${contestant.name.padEnd(28)} ${(step * 1e3).toFixed(0).padStart(8)} ${String(seconds.length).padStart(7)}` +
        ` ${speed.toFixed(0).padStart(9)} ${`${((100 * speed) / best).toFixed(0)} %`.padStart(9)} ${peak.toFixed(0).padStart(10)}`,
    );
  }
  console.log('\nspeed of ours over the peer, median of the rounds (above 1: ours is faster)');
  for (const ours of rows.filter((row) => row.contestant.name.startsWith('alectra'))) {
    for (const peer of rows.filter((row) => row.contestant.name.startsWith('torch'))) {
      const ratio = pairedRatio(ours.rounds, peer.rounds);
      console.log(`${ours.contestant.name} / ${peer.contestant.name}: ${ratio.toFixed(2)}`);
    }
  }
}
