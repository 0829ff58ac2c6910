// A run in a folder: opened (perhaps from a checkpoint), timed, run, asked for its parameters.
//
//   <folder>/ config.json · metrics.jsonl · events.out.tfevents.* · checkpoints/ · lock

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLock } from '@alectra/files';
import { CheckpointError } from './checkpoint-error.js';
import { type FoundCheckpoint, lastGoodCheckpoint, listCheckpoints } from './checkpoint-folder.js';
import { NO_LIMIT } from './guard.js';
import {
  compilePrograms,
  initialOptimizerState,
  type Programs,
  type TrainingProgramOptions,
} from './programs.js';
import type { ProgressState } from './progress-state.js';
import { runLoop } from './run-loop.js';
import type { RunPlan, RunResult } from './run-plan.js';
import type { BatchSource, HostTensors } from './training-task.js';

export interface TrainerOptions extends TrainingProgramOptions {
  /** The run folder; made if missing. */
  readonly folder: string;
  /**
   * `never` refuses a folder that holds checkpoints, `auto` goes on from the newest good one or begins,
   * `exact` fails if the newest is damaged or there is none.
   */
  readonly resume: 'never' | 'auto' | 'exact';
  /** Initial parameters; called only when there is no checkpoint to resume from. */
  readonly parameters: () => HostTensors | Promise<HostTensors>;
  readonly source: BatchSource;
  /** Of the random draws. */
  readonly seed: number;
  /**
   * Those of an earlier run, compiled with the same options, so as not to compile again; the caller disposes them.
   * Default: compiled here.
   */
  readonly programs?: Programs;
  /** Token positions in a micro-batch, the mean where they differ, for speed and the count of tokens seen. */
  readonly tokensPerBatch: number;
}

export interface Trainer {
  /** Optimizer steps done when the run was opened; 0 for a new one. */
  readonly startStep: number;
  /** The config of the checkpoint that was resumed from. */
  readonly startConfig: ProgressState['config'] | undefined;
  /**
   * Seconds an optimizer step takes: steps on real batches for about this long, after a first one that is
   * not counted. State and data position are put back.
   */
  measure(seconds: number): Promise<number>;
  /**
   * Trains to `plan.steps`. Call it once.
   *
   * @throws CheckpointError `other-config`; FileError `lost-lock`, before anything is written over another's run
   */
  run(plan: RunPlan): Promise<RunResult>;
  /** Held-out metrics of the present parameters. */
  evaluate(): Promise<Readonly<Record<string, number>> | undefined>;
  parameters(): Promise<HostTensors>;
  /** Frees the engine and gives the lock back. */
  close(): Promise<void>;
}

/**
 * Opens a run: takes the lock, finds the checkpoint to go on from, compiles.
 *
 * @throws CheckpointError `run-exists`, `no-checkpoint`, `damaged`, `newer-format`; FileError `locked`; RangeError if the
 *   programs were compiled for another number of micro-batches
 */
export async function openTrainer(options: TrainerOptions): Promise<Trainer> {
  const { folder, optimizer, source, seed } = options;
  checkPrograms(options);
  await mkdir(folder, { recursive: true });
  const lock = await acquireLock(join(folder, 'lock'));
  try {
    const found = await findStart(folder, options.resume);
    const start = found.checkpoint;
    const saved = start?.state as ProgressState | undefined; // its digest was tested, and we wrote it
    const parameters = start?.parameters ?? (await options.parameters());
    const initial = {
      parameters,
      optimizer: start?.optimizer ?? initialOptimizerState(optimizer, parameters),
    };
    if (saved) await source.seek(saved.source);
    const programs = options.programs ?? (await compilePrograms(options, initial));
    if (options.programs) await programs.writeState(initial);
    const startStep = start?.step ?? 0;
    return {
      startStep,
      startConfig: saved?.config,
      async measure(seconds) {
        const before = { state: await programs.readState(), source: source.state() };
        const noLimits = { loss: NO_LIMIT, norm: NO_LIMIT };
        const step = (): Promise<unknown> =>
          programs.step(() => source.next(), {
            ...{ seed, step: startStep, learningRate: 0, limits: noLimits },
          });
        await step();
        const begin = performance.now();
        let steps = 0;
        do {
          await step();
          steps++;
        } while (performance.now() - begin < 1000 * seconds);
        const secondsPerStep = (performance.now() - begin) / 1000 / steps;
        await programs.writeState(before.state);
        await source.seek(before.source);
        return secondsPerStep;
      },
      run: (plan) =>
        runLoop({
          ...{ folder, source, programs, seed, plan, startStep, saved },
          checkLock: () => lock.check(),
          damaged: found.damaged,
          tokensPerStep: options.accumulation * options.tokensPerBatch,
          summarise: options.task.summarise ?? ((sums) => sums),
        }),
      evaluate: () => programs.evaluate(seed),
      parameters: async () => (await programs.readState()).parameters,
      async close() {
        if (!options.programs) programs.dispose();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function findStart(
  folder: string,
  resume: TrainerOptions['resume'],
): Promise<FoundCheckpoint> {
  const checkpoints = join(folder, 'checkpoints');
  if (resume === 'never') {
    const steps = await listCheckpoints(checkpoints);
    if (steps.length > 0)
      throw new CheckpointError(
        'run-exists',
        folder,
        `${folder} holds a run already: its newest checkpoint is of step ${steps.at(-1)}.\n` +
          'Resume it, or choose another folder.',
      );
  }
  const found = await lastGoodCheckpoint(checkpoints, { exact: resume === 'exact' });
  if (resume === 'exact' && !found.checkpoint)
    throw new CheckpointError(
      'no-checkpoint',
      folder,
      `there is no checkpoint to resume from in ${checkpoints}.\nStart the run without resuming.`,
    );
  return found;
}

function checkPrograms({ programs, accumulation }: TrainerOptions): void {
  if (!programs || programs.accumulation === accumulation) return;
  throw new RangeError(
    `trainer: the programs take ${programs.accumulation} micro-batches a step: expected ${accumulation}.\n` +
      'Give programs that were compiled with the same options, or none.',
  );
}
