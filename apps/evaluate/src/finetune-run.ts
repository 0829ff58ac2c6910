// One task, one seed: train, evaluate now and then, save, and go on after a kill with the same bits.
//
// The order of examples, dropout and the learning rate are functions of (seed, step), so a position is one number.

import { join } from 'node:path';
import { acquireLock, openLineLog, writeFileAtomic, writeFolderAtomic } from '@alectra/files';
import { type Batch, type EncodedExample, evaluationBatches, trainingBatches } from '@alectra/glue';
import type { Schedule } from '@alectra/optim';
import type { HostTensors, Json } from '@alectra/trainer';
import {
  claimFolder,
  type EvaluationRecord,
  finish,
  type Predictions,
  type RunPosition,
  type RunResult,
  readCheckpoint,
  readResult,
  saveCheckpoint,
} from './run-store.js';
import { freshState, type Session } from './session.js';

export interface FinetuneRunOptions {
  readonly folder: string;
  /** Everything that defines the run. */
  readonly config: Json;
  readonly task: string;
  readonly seed: number;
  readonly session: Session;
  /** First weights. */
  readonly initial: () => HostTensors;
  readonly saveModel: (folder: string, weights: HostTensors) => Promise<void>;
  readonly train: readonly EncodedExample[];
  /** Splits that are evaluated, each in the order of its rows. */
  readonly validation: Readonly<Record<string, readonly EncodedExample[]>>;
  readonly batchSize: number;
  readonly widths: readonly number[];
  readonly steps: number;
  readonly schedule: Schedule;
  /** Stored with the result. */
  readonly plan: RunResult['plan'];
  /** Steps between two evaluations; the last step always has one. */
  readonly evaluateEvery: number;
  /** Which evaluation counts, and whose model is kept. */
  readonly keep: 'last' | 'best';
  readonly score: (predictions: Predictions) => Omit<EvaluationRecord, 'step'>;
  /** What is wrong with the predictions that count, for people. */
  readonly explain: (predictions: Predictions) => string;
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: StepProgress) => void;
  readonly onEvaluation?: (evaluation: EvaluationRecord) => void;
  /** Between two checkpoints. */
  readonly checkpointSeconds: number;
}

export interface StepProgress {
  readonly step: number;
  readonly steps: number;
  /** Mean of the recent steps. */
  readonly loss: number;
  readonly examplesPerSecond: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

const LOG_EVERY = 20;

/**
 * Runs it, goes on with it, or returns the result that is there.
 *
 * @returns undefined if the signal stopped it: a checkpoint is saved
 * @throws UsageError if the folder belongs to another run; FileError `locked` if another process is at it; Error if the
 * loss is no longer a number
 */
export async function finetuneRun(options: FinetuneRunOptions): Promise<RunResult | undefined> {
  const { folder, config } = options;
  await claimFolder(folder, config);
  const lock = await acquireLock(join(folder, 'lock'));
  try {
    return (await readResult(folder)) ?? (await runToEnd(options));
  } finally {
    await lock.release();
  }
}

async function runToEnd(options: FinetuneRunOptions): Promise<RunResult | undefined> {
  const { folder, config, session, steps, seed, signal, schedule } = options;
  const saved = await readCheckpoint(folder);
  await session.write(saved?.state ?? freshState(options.initial()));
  let position: RunPosition = saved?.position ?? BEGINNING;
  const log = await openLineLog(join(folder, 'metrics.jsonl'), { truncateTo: position.logBytes });
  const batchAt = batchesByStep(options);
  const meter = speedometer(steps);
  let savedAt = performance.now();
  const save = async (): Promise<void> => {
    await log.sync();
    position = { ...position, logBytes: log.byteLength };
    await saveCheckpoint(folder, await session.read(), position);
    savedAt = performance.now();
  };

  try {
    while (position.step < steps) {
      const batch = batchAt(position.step);
      const begin = performance.now();
      const learningRate = schedule(position.step);
      const { loss } = await session.train(batch, { seed, step: position.step, learningRate });
      // signals are delivered between steps: the engine's call blocks the event loop
      await new Promise((resolve) => setImmediate(resolve));
      const seconds = (performance.now() - begin) / 1000;
      if (!Number.isFinite(loss)) throw diverged(folder, position.step, loss);
      position = {
        ...position,
        step: position.step + 1,
        lossSum: position.lossSum + loss,
        lossCount: position.lossCount + 1,
        seconds: position.seconds + seconds,
      };
      const { step, lossSum, lossCount } = position;
      options.onStep?.({ step, steps, loss: lossSum / lossCount, ...meter(step, batch, seconds) });
      if (step % LOG_EVERY === 0 || step === steps) {
        await log.append(
          JSON.stringify({ kind: 'train', step, loss: lossSum / lossCount, learningRate }),
        );
        position = { ...position, lossSum: 0, lossCount: 0 };
      }
      if (step % options.evaluateEvery === 0 || step === steps) {
        position = await evaluated(options, position);
        await log.append(JSON.stringify({ kind: 'evaluate', ...position.evaluations.at(-1) }));
      }
      if (step === steps) break;
      const isDue = performance.now() - savedAt > 1000 * options.checkpointSeconds;
      if (isDue || signal?.aborted) await save();
      if (signal?.aborted) return undefined;
    }
  } finally {
    await log.close();
  }
  const { evaluations, seconds } = position;
  const kept = evaluations.find(({ step }) => step === position.kept) ?? evaluations.at(-1);
  if (!kept) throw new Error('unreachable: the last step was evaluated');
  const result: RunResult = {
    ...{ config, task: options.task, seed, kept, steps, evaluations, plan: options.plan },
    examples: options.train.length,
    engine: session.engine,
    trainingSeconds: seconds,
  };
  await finish(folder, result);
  return result;
}

const BEGINNING: RunPosition = {
  ...{ step: 0, lossSum: 0, lossCount: 0, logBytes: 0 },
  ...{ evaluations: [], kept: null, seconds: 0 },
};

/** Evaluates, and keeps predictions and model if they are the ones to keep. */
async function evaluated(options: FinetuneRunOptions, position: RunPosition): Promise<RunPosition> {
  const { folder, session, score, keep, steps } = options;
  const predictions = await predictAll(options);
  const record = { step: position.step, ...score(predictions) };
  options.onEvaluation?.(record);
  const before = position.evaluations.find(({ step }) => step === position.kept);
  const isKept = keep === 'last' ? position.step === steps : !before || isBetter(record, before);
  if (isKept) {
    const { parameters } = await session.read();
    await writeFileAtomic(join(folder, 'predictions.json'), JSON.stringify(predictions));
    await writeFileAtomic(join(folder, 'errors.md'), options.explain(predictions));
    await writeFolderAtomic(
      join(folder, 'model'),
      (temporary) => options.saveModel(temporary, parameters),
      { replace: true },
    );
  }
  return {
    ...position,
    evaluations: [...position.evaluations, record],
    kept: isKept ? position.step : position.kept,
  };
}

function isBetter(now: EvaluationRecord, before: EvaluationRecord): boolean {
  return (now.score ?? Number.NEGATIVE_INFINITY) > (before.score ?? Number.NEGATIVE_INFINITY);
}

/** Predictions of every split, in the order of its rows. */
async function predictAll({
  session,
  validation,
  batchSize,
  widths,
}: FinetuneRunOptions): Promise<Predictions> {
  const predictions: Record<string, number[][]> = {};
  for (const [split, examples] of Object.entries(validation))
    predictions[split] = await predictSplit(session, examples, { batchSize, widths });
  return predictions;
}

/** Logits or scores of every example, in the order given. */
export async function predictSplit(
  session: Session,
  examples: readonly EncodedExample[],
  options: { readonly batchSize: number; readonly widths: readonly number[] },
): Promise<number[][]> {
  const places = new Map(examples.map((example, place) => [example, place]));
  const rows: number[][] = new Array(examples.length);
  for (const batch of evaluationBatches(examples, options)) {
    const logits = await session.predict(batch);
    for (const [row, example] of batch.examples.entries())
      rows[places.get(example) as number] = logits[row]; // every example came from the list
  }
  return rows;
}

/** The batch of any step: the epochs one after another. */
function batchesByStep({
  train,
  batchSize,
  widths,
  seed,
}: FinetuneRunOptions): (step: number) => Batch {
  const perEpoch = Math.ceil(train.length / batchSize);
  let epoch = -1;
  let batches: readonly Batch[] = [];
  return (step) => {
    const wanted = Math.floor(step / perEpoch);
    if (wanted !== epoch)
      batches = trainingBatches(train, { batchSize, widths, seed, epoch: wanted });
    epoch = wanted;
    return batches[step % perEpoch];
  };
}

function speedometer(
  steps: number,
): (step: number, batch: Batch, seconds: number) => Omit<StepProgress, 'step' | 'steps' | 'loss'> {
  let secondsPerStep = Number.NaN;
  return (step, { examples }, seconds) => {
    secondsPerStep = Number.isNaN(secondsPerStep)
      ? seconds
      : secondsPerStep + 0.1 * (seconds - secondsPerStep);
    const tokens = examples.reduce((sum, { ids }) => sum + ids.length, 0);
    return {
      examplesPerSecond: examples.length / secondsPerStep,
      tokensPerSecond: tokens / secondsPerStep,
      secondsLeft: (steps - step) * secondsPerStep,
    };
  };
}

function diverged(folder: string, step: number, loss: number): Error {
  return new Error(
    `evaluate: the run ${folder} diverged: the loss of step ${step + 1} is ${loss}, expected a finite number.\n` +
      'Lower --learning-rate, or give another seed.',
  );
}
