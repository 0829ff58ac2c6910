// npm run reproduce -- overhead [--steps 30] [--size small|tiny] [--preset alectra-small-owt] [--threads 2]
//   [--out runs/reproduce-overhead]
//
// What checkpoints, logs and progress cost a run: a real one at 8 x 128 tokens that logs every step and saves every
// tenth. The trainer asks for the learning rate first thing in a step and tells of the step when it is done; what lies
// between the two is overhead. Shares are for the default intervals of a recipe. Fails above 1 % and 0.5 %.

import '@tensorflow/tfjs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { registerGradients, registerKernels } from '@alectra/nn';
import { lamb } from '@alectra/optim';
import { type BatchSource, openTrainer, progressPrinter, type RunEvent } from '@alectra/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { describeMachine } from './machine.js';
import { prepareBatches } from './reproduce-batches.js';
import {
  networkConfigs,
  oneOf,
  PRESETS,
  reproducedTask,
  SIZE_NAMES,
  SIZES,
} from './reproduce-networks.js';
import { median } from './statistics.js';
import { wholeNumber } from './whole-number.js';

const [SAVE_EVERY, SEED] = [10, 1];
/** The defaults of a recipe. */
const [LOG_STEPS, CHECKPOINT_SECONDS] = [100, 600];
const LIMITS = { checkpoints: 0.01, logs: 0.005 };

export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: {
      steps: { type: 'string', default: '30' },
      size: { type: 'string', default: 'small' },
      preset: { type: 'string', default: 'alectra-small-owt' },
      threads: { type: 'string', default: '2' },
      out: { type: 'string', default: 'runs/reproduce-overhead' },
    },
  });
  const steps = wholeNumber('steps', values.steps);
  const size = oneOf('size', values.size, SIZE_NAMES);
  const preset = oneOf('preset', values.preset, PRESETS);
  const threads = wholeNumber('threads', values.threads);
  if (steps <= SAVE_EVERY)
    throw new RangeError(
      `reproduce: --steps is ${steps}: expected more than ${SAVE_EVERY}, of which one saves.\nGive at least 30.`,
    );
  console.log(describeMachine());
  await tf.ready();
  registerKernels();
  registerGradients();
  await mkdir(values.out, { recursive: true });
  const work = await mkdtemp(join(values.out, 'work-'));
  try {
    const { rows, length } = SIZES[size];
    const vocabulary = Number(networkConfigs(preset, size).generator.vocab_size);
    const prepared = await prepareBatches({
      ...{ folder: work, text: [], vocabulary, rows, length, seed: SEED },
    });
    const { task } = reproducedTask(preset, size, prepared, SEED);
    const ids = { dtype: 'int32', shape: [rows, length] } as const;
    const trainer = await openTrainer({
      folder: join(work, 'run'),
      resume: 'never',
      task: {
        loss: (params, batch, key) => {
          const tokens = batch as unknown as Parameters<typeof task.loss>[1]; // the inputs below
          const { loss, metrics } = task.loss(params, tokens, { training: true, key });
          return { loss, metrics: metrics as Record<string, tf.Scalar> };
        },
      },
      optimizer: lamb(),
      accumulation: 1,
      inputs: { inputIds: ids, attentionMask: ids, tokenTypeIds: ids },
      source: sourceOf(prepared.source, rows, length),
      tokensPerBatch: rows * length,
      parameters: () => task.params,
      seed: SEED,
      engine: 'onnxruntime',
      threads,
    });
    const watch = stopwatch();
    await trainer.run({
      config: {},
      steps,
      schedule: watch.onStepBegin,
      logEvery: 1,
      evaluateEvery: 0,
      checkpoint: { everySteps: SAVE_EVERY, everySeconds: 0, keepLast: 2, keepEvery: 0 },
      onEvent: watch.onEvent,
    });
    await trainer.close();
    const bytes = await bytesOf(watch.checkpoints.at(-1) ?? '');
    return report(watch, bytes);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Stopwatch {
  /** Seconds. */
  readonly steps: number[];
  readonly logs: number[];
  readonly saves: number[];
  readonly checkpoints: string[];
  onStepBegin(step: number): number;
  onEvent(event: RunEvent): void;
}

function stopwatch(): Stopwatch {
  const steps: number[] = [];
  const logs: number[] = [];
  const saves: number[] = [];
  const checkpoints: string[] = [];
  let [begun, ended] = [performance.now(), Number.NaN];
  let isSaved = false;
  const progress = progressPrinter({
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
  });
  return {
    steps,
    logs,
    saves,
    checkpoints,
    onStepBegin() {
      const now = performance.now();
      if (Number.isFinite(ended)) (isSaved ? saves : logs).push((now - ended) / 1000);
      isSaved = false;
      begun = now;
      return 1e-4;
    },
    onEvent(event) {
      if (event.kind === 'checkpoint') {
        isSaved = true;
        checkpoints.push(event.path);
      }
      if (event.kind !== 'step') return;
      ended = performance.now();
      steps.push((ended - begun) / 1000);
      progress.show({ ...event, shown: `loss ${Number(event.metrics.loss).toFixed(2)}` });
      if (event.step === event.steps) progress.end();
    },
  };
}

function report({ steps, logs, saves }: Stopwatch, bytes: number): boolean {
  const [step, log, save] = [median(steps), median(logs), median(saves)];
  const shares = {
    checkpoints: save / (CHECKPOINT_SECONDS + save),
    logs: log / (LOG_STEPS * step),
  };
  console.log(
    `step ${(1000 * step).toFixed(0)} ms, line of metrics ${(1000 * log).toFixed(2)} ms, ` +
      `checkpoint ${save.toFixed(2)} s for ${(bytes / 1e6).toFixed(1)} MB (medians of ${steps.length}, ${logs.length} and ${saves.length})`,
  );
  const line = (what: string, share: number, limit: number): string =>
    `${what}: ${(100 * share).toPrecision(2)} % of the time (limit ${100 * limit} %)`;
  console.log(
    line(`a checkpoint every ${CHECKPOINT_SECONDS} s`, shares.checkpoints, LIMITS.checkpoints),
  );
  console.log(line(`a line every ${LOG_STEPS} steps`, shares.logs, LIMITS.logs));
  return shares.checkpoints < LIMITS.checkpoints && shares.logs < LIMITS.logs;
}

async function bytesOf(folder: string): Promise<number> {
  const files = ['model.safetensors', 'optimizer.safetensors', 'state.json'];
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

type Source = Awaited<ReturnType<typeof prepareBatches>>['source'];

function sourceOf(source: Source, rows: number, length: number): BatchSource {
  return {
    async next() {
      const batch = await source.next();
      if (!batch) throw new Error('reproduce: the batches have ended, expected no end.');
      const tensor = (data: Int32Array) =>
        ({ dtype: 'int32', shape: [rows, length], data }) as const;
      const { inputIds, attentionMask, tokenTypeIds } = batch;
      return {
        inputIds: tensor(inputIds),
        attentionMask: tensor(attentionMask),
        tokenTypeIds: tensor(tokenTypeIds),
      };
    },
    state: () => ({ ...source.state() }),
    seek: () => undefined, // one run, never resumed
  };
}
