// One task, one seed, as a run of the trainer: its checkpoints, its exact resume. At the end the model that counts,
// what it said and what is wrong with it.

import { join } from 'node:path';
import { writeFileAtomic, writeFolderAtomic } from '@alectra/files';
import type { EncodedExample } from '@alectra/glue';
import type { Schedule } from '@alectra/optim';
import {
  checkpointName,
  type HostTensors,
  type Json,
  listCheckpoints,
  openTrainer,
  type Programs,
  type RunEvent,
  readCheckpoint,
  type Trainer,
  type TrainingProgramOptions,
} from '@alectra/trainer';
import { type EvaluationRecord, type Predictions, readEvaluations } from './evaluation-record.js';
import { type HeldOut, type TrainingLayout, trainingSource } from './held-out.js';
import {
  type RunResult,
  readResult,
  refuseOtherRun,
  removeCheckpoints,
  writeResult,
} from './run-store.js';

/** A task, ready for any number of runs. */
export interface TaskPlan {
  readonly task: string;
  readonly programOptions: TrainingProgramOptions;
  readonly layout: TrainingLayout;
  readonly train: readonly EncodedExample[];
  readonly heldOut: HeldOut;
  readonly steps: number;
  readonly schedule: Schedule;
  /** Steps between two evaluations; the last step always has one. */
  readonly evaluateEvery: number;
  /** Stored with the result. */
  readonly facts: RunResult['plan'];
}

export interface FinetuneRunOptions {
  readonly folder: string;
  /** Everything that defines the run. */
  readonly config: Json;
  readonly plan: TaskPlan;
  /** Compiled of the plan's options; this run begins with a state of its own. */
  readonly programs: Programs;
  readonly seed: number;
  /** First weights. */
  readonly initial: () => HostTensors;
  readonly saveModel: (folder: string, weights: HostTensors) => Promise<void>;
  /** Which evaluation counts, and whose model is kept. */
  readonly keep: 'last' | 'best';
  /** What is wrong with the predictions that count, for people. */
  readonly explain: (predictions: Predictions) => string;
  /** Between two checkpoints. */
  readonly checkpointSeconds: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

const LOG_EVERY = 20;

/** Published recipes apply every update; one that is not a number ends the run. */
const ONLY_FINITE = { minimum: Number.POSITIVE_INFINITY, refusedInARow: 1 } as const;

/**
 * Runs it, goes on with it, or returns the result that is there.
 *
 * @returns undefined if the signal stopped it: a checkpoint is saved
 * @throws UsageError if the folder belongs to another run; FileError `locked` if another process is at it; Error if the
 * loss is no longer a number
 */
export async function finetuneRun(options: FinetuneRunOptions): Promise<RunResult | undefined> {
  const { folder, config, plan, programs, seed, initial } = options;
  await refuseOtherRun(folder, config);
  const trainer = await openTrainer({
    ...plan.programOptions,
    ...{ folder, resume: 'auto', programs, seed, parameters: initial },
    source: trainingSource(plan.train, { ...plan.layout, seed }, programs),
    tokensPerBatch: meanTokens(plan),
  });
  try {
    return (await readResult(folder)) ?? (await runToEnd(trainer, options));
  } finally {
    await trainer.close();
  }
}

async function runToEnd(
  trainer: Trainer,
  options: FinetuneRunOptions,
): Promise<RunResult | undefined> {
  const { folder, config, plan, keep, signal, onEvent } = options;
  const { status, step, seconds, evaluation } = await trainer.run({
    ...{ config, steps: plan.steps, schedule: plan.schedule, logEvery: LOG_EVERY },
    ...{ evaluateEvery: plan.evaluateEvery, evaluateFirst: false, guard: ONLY_FINITE },
    checkpoint: {
      ...{ everySteps: 0, everySeconds: options.checkpointSeconds, keepLast: 1, keepEvery: 0 },
      ...(keep === 'best' && { best: { metric: 'score', mode: 'max' } }),
    },
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
  });
  if (status === 'interrupted') return undefined;
  if (status === 'diverged') throw diverged(folder, step);

  const evaluations = await readEvaluations(join(folder, 'metrics.jsonl'));
  // a full disk may have cost a checkpoint, but never that of the last step
  const onDisk = new Set(await listCheckpoints(join(folder, 'checkpoints')));
  const kept = keptOf(
    evaluations.filter((one) => onDisk.has(one.step)),
    keep,
  );
  const isAtHand = evaluation !== undefined && kept.step === plan.steps;
  await writeOutcome(options, kept, isAtHand);
  const result: RunResult = {
    ...{ config, task: plan.task, seed: options.seed, kept, steps: plan.steps, evaluations },
    plan: plan.facts,
    examples: plan.train.length,
    engine: options.programs.engine,
    trainingSeconds: seconds,
  };
  await writeResult(folder, result);
  await removeCheckpoints(folder);
  return result;
}

/** @param isAtHand whether the model that is kept was the last to be evaluated */
async function writeOutcome(
  { folder, plan, programs, seed, saveModel, explain }: FinetuneRunOptions,
  kept: EvaluationRecord,
  isAtHand: boolean,
): Promise<void> {
  const saved = await readCheckpoint(join(folder, 'checkpoints', checkpointName(kept.step)));
  if (!isAtHand) {
    await programs.writeState(saved);
    await programs.evaluate(seed);
  }
  const predictions = plan.heldOut.predictions();
  if (!predictions) throw new Error('unreachable: the last step was evaluated');
  await writeFileAtomic(join(folder, 'predictions.json'), JSON.stringify(predictions));
  await writeFileAtomic(join(folder, 'errors.md'), explain(predictions));
  await writeFolderAtomic(
    join(folder, 'model'),
    (temporary) => saveModel(temporary, saved.parameters),
    { replace: true },
  );
}

/** The last evaluation, or the first of the best ones whose model is there. */
function keptOf(evaluations: readonly EvaluationRecord[], keep: 'last' | 'best'): EvaluationRecord {
  const last = evaluations.at(-1);
  if (!last) throw new Error('unreachable: the last step was evaluated');
  if (keep === 'last') return last;
  const value = ({ score }: EvaluationRecord): number => score ?? Number.NEGATIVE_INFINITY;
  const best = evaluations.reduce((best, one) => (value(one) > value(best) ? one : best));
  return best.score === null ? last : best;
}

/** Tokens of a batch without its padding. */
function meanTokens({ train, layout }: TaskPlan): number {
  const tokens = train.reduce((sum, { ids }) => sum + ids.length, 0);
  return Math.round(tokens / Math.ceil(train.length / layout.batchSize));
}

function diverged(folder: string, step: number): Error {
  return new Error(
    `evaluate: the run ${folder} diverged: loss or gradient of step ${step} is not a finite number.\n` +
      'Lower --learning-rate, or give another seed.',
  );
}
