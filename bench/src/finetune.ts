// npm run bench -- finetune [--data <folder with glue/ and vocab/>] [--tasks sst2,mrpc] [--rounds 3] [--steps 12] [--threads 2]
//   [--engine onnxruntime] [--precision float32]
//
// Fine-tuning and evaluation of ALECTRA-small (ALBERT 12x256, vocabulary 30,522, random weights) on SST-2 and MRPC:
// ours, and Hugging Face's Trainer on PyTorch fp32 CPU with the same weights, batches of 32, at most 128 tokens,
// dynamic padding, its defaults otherwise. A round trains on `steps` batches that stand for an epoch, then evaluates
// the whole validation set; both sides one after another, ratios round by round. "cpu" is per second of the processor, for
// machines that do other work: compare it with --threads 1, since threads that wait may spin. Needs the data of GLUE and a
// vocab.txt of BERT: --data or ALECTRA_TEST_DATA.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AlbertForSequenceClassification, albertPreset } from '@alectra/albert';
import { type GlueTask, glueTasks, readSplit } from '@alectra/glue';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import * as tf from '@tensorflow/tfjs';
import { type Contestant, startContestant } from './contestant.js';
import { describeMachine } from './machine.js';
import { median, pairedRatio } from './statistics.js';
import { nodeFromSource } from './train-step.js';
import { wholeNumber } from './whole-number.js';

const BATCH = 32;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: process.env.ALECTRA_TEST_DATA ?? '../shared/data' },
      tasks: { type: 'string', default: 'sst2,mrpc' },
      rounds: { type: 'string', default: '3' },
      steps: { type: 'string', default: '12' },
      threads: { type: 'string', default: '2' },
      engine: { type: 'string', default: 'onnxruntime' },
      precision: { type: 'string', default: 'float32' },
    },
  });
  const rounds = wholeNumber('rounds', values.rounds);
  const steps = wholeNumber('steps', values.steps);
  wholeNumber('threads', values.threads);
  const tasks = values.tasks.split(',').map(taskNamed);
  console.log(describeMachine());
  const folder = await mkdtemp(join(tmpdir(), 'alectra-finetune-'));
  try {
    const model = await writeModel(join(folder, 'model'), values.data);
    for (const task of tasks) {
      const files = await writeExamples(folder, values.data, task);
      const common = ['--model', model, ...files, '--threads', values.threads];
      await compare(task, common, {
        rounds,
        steps,
        engine: values.engine,
        precision: values.precision,
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface CompareOptions {
  readonly rounds: number;
  readonly steps: number;
  readonly engine: string;
  readonly precision: string;
}

async function compare(
  task: GlueTask,
  common: readonly string[],
  { rounds: count, steps, ...own }: CompareOptions,
): Promise<void> {
  const worker = fileURLToPath(new URL('./finetune-worker.ts', import.meta.url));
  const script = fileURLToPath(new URL('../peers/finetune.py', import.meta.url));
  const python = process.env.ALECTRA_PYTHON ?? 'python3';
  const ours = await startContestant('alectra', [
    ...[...nodeFromSource(), worker, ...common],
    ...['--engine', own.engine, '--precision', own.precision],
  ]);
  let peer: Contestant | undefined;
  try {
    const labels = ['--labels', String(task.labels.length)];
    peer = await startContestant('Trainer', [python, script, ...common, ...labels]).catch(
      (error: unknown) => {
        console.log(`left out: Trainer (${String(error).trim().split('\n').at(-1)})`);
        return undefined;
      },
    );
    const sides = [ours, ...(peer ? [peer] : [])];
    console.log(`\n${task.title}`);
    for (const side of sides) console.log(`${side.name}: ${side.about.versions}`);
    for (const side of sides) await side.steps(2); // warm up
    const rounds: number[][][] = sides.map(() => []);
    for (let round = 0; round < count; round++) {
      for (const [place, side] of sides.entries()) rounds[place].push(await side.steps(steps));
      process.stderr.write(`${task.title}: round ${round + 1} of ${count}\n`);
    }
    const rows = task.splits.validation?.rows ?? 0;
    const columns = ['training', 'evaluation', 'training, cpu', 'evaluation, cpu'];
    console.log(`examples/s     ${columns.map((name) => name.padStart(15)).join('')}   peak MiB`);
    const of = (place: number, column: number): number[] =>
      rounds[place].map((figures) => figures[column]);
    for (const [place, side] of sides.entries()) {
      const speeds = columns.map((_, column) => {
        const examples = column % 2 === 0 ? BATCH : rows;
        return (examples / median(of(place, column))).toFixed(0).padStart(15);
      });
      const peak = (await side.peakMemoryMiB()).toFixed(0);
      console.log(`${side.name.padEnd(14)} ${speeds.join('')} ${peak.padStart(10)}`);
    }
    if (sides.length < 2) return;
    const ratios = columns.map((name, column) => {
      const ratio = pairedRatio(of(0, column), of(1, column)).toFixed(2);
      return `${name} ${ratio}`;
    });
    console.log(`alectra / Trainer, median of the rounds: ${ratios.join('; ')}`);
  } finally {
    ours.stop();
    peer?.stop();
  }
}

/** Random weights and the tokenizer, as both sides load them. */
async function writeModel(folder: string, data: string): Promise<string> {
  tf.enableProdMode();
  const vocabulary = join(data, 'vocab', 'bert-base-uncased-vocab.txt');
  const tokenizer = WordPieceTokenizer.fromVocab(await readFile(vocabulary));
  const model = AlbertForSequenceClassification.init(albertPreset('alectra-small'), { seed: 1 });
  await model.savePretrained(folder);
  model.dispose();
  await tokenizer.save(folder);
  return folder;
}

async function writeExamples(folder: string, data: string, task: GlueTask): Promise<string[]> {
  const args: string[] = [];
  for (const split of ['train', 'validation'] as const) {
    const path = join(folder, `${task.name}-${split}.jsonl`);
    const examples = await readSplit(join(data, 'glue'), task, split);
    const lines = examples.map(({ text, textPair: pair, label }) =>
      JSON.stringify({ text, pair, label }),
    );
    await writeFile(path, `${lines.join('\n')}\n`);
    args.push(`--${split}`, path);
  }
  return args;
}

function taskNamed(name: string): GlueTask {
  const found = Object.values(glueTasks).find((task) => task.name === name);
  if (found?.splits.validation && !found.isRegression) return found;
  throw new RangeError(
    `bench: --tasks has "${name}", expected tasks of classification such as sst2 and mrpc.\n` +
      'Write --tasks sst2,mrpc, or leave it out.',
  );
}
