// The loop: batch, step, guard, log, evaluate, save, and out when the work is done or a signal came.
//
// Everything that decides what happens next is a function of the step and of the state in the last checkpoint,
// so that a run killed anywhere and resumed takes the same decisions again.

import { join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import { CheckpointError } from './checkpoint-error.js';
import {
  type Checkpoint,
  checkpointName,
  listCheckpoints,
  removeCheckpoint,
  writeCheckpoint,
} from './checkpoint-folder.js';
import { formatDifferences, type Json, refusedChanges } from './config-difference.js';
import { type EventFile, openEventFile } from './event-file.js';
import {
  defaultGuard,
  divergence,
  type GuardOptions,
  limits as limitsOf,
  NO_LIMIT,
  observe,
} from './guard.js';
import { type MetricsLine, openMetricsLog } from './metrics-log.js';
import type { Programs } from './programs.js';
import {
  addStep,
  emptyWindow,
  freshState,
  type ProgressState,
  windowMetrics,
} from './progress-state.js';
import { better, expendable } from './retention.js';
import type { RunPlan, RunResult } from './run-plan.js';
import type { BatchSource, TrainingTask } from './training-task.js';

export interface LoopOptions {
  readonly folder: string;
  readonly source: BatchSource;
  readonly programs: Programs;
  readonly seed: number;
  readonly plan: RunPlan;
  readonly startStep: number;
  readonly saved: ProgressState | undefined;
  /** Throws if the folder is no longer this trainer's. */
  readonly checkLock: () => Promise<void>;
  readonly damaged: readonly { readonly path: string; readonly reason: string }[];
  readonly tokensPerStep: number;
  readonly summarise: NonNullable<TrainingTask['summarise']>;
}

type Metrics = Readonly<Record<string, number>>;

export async function runLoop(options: LoopOptions): Promise<RunResult> {
  const { folder, source, programs, seed, plan, startStep, saved } = options;
  const { tokensPerStep, summarise } = options;
  const { steps, signal } = plan;
  const emit = plan.onEvent ?? (() => undefined);
  if (saved) checkConfig(folder, saved.config, plan);
  await writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(plan.config, null, 2)}\n`);

  const guard: GuardOptions | undefined =
    plan.guard === false ? undefined : { ...defaultGuard, ...plan.guard };
  const log = await openMetricsLog(join(folder, 'metrics.jsonl'), saved && startStep);
  const events = await openEvents(folder, startStep);
  const checkpoints = join(folder, 'checkpoints');
  let state: ProgressState = saved
    ? { ...saved, config: plan.config }
    : freshState(plan.config, source.state());
  let step = startStep;
  let savedStep = saved ? startStep : -1;
  let savedAt = performance.now();
  let evaluation: Metrics | undefined;
  let secondsPerStep = Number.NaN;
  let lastKnown: Metrics = {};

  const record = async (line: MetricsLine): Promise<void> => {
    const unixSeconds = Date.now() / 1000;
    await log.append({ ...line, time: new Date(1000 * unixSeconds).toISOString() });
    await events.scalars(line.step, unixSeconds, scalarsOf(line));
  };

  const evaluate = async (): Promise<void> => {
    evaluation = await programs.evaluate(seed);
    if (!evaluation) return;
    await record({ step, kind: 'evaluate', tokens: state.tokens, ...evaluation });
    emit({ kind: 'evaluate', step, metrics: evaluation });
    const { best } = plan.checkpoint;
    if (!best) return;
    const candidate = { step, value: evaluation[best.metric] ?? Number.NaN };
    const winner = better(state.best ?? undefined, candidate, best.mode);
    if (winner !== candidate) return;
    const former = state.best;
    state = { ...state, best: candidate };
    if (step === 0) return;
    await save();
    // the former one stays the best, and stays, if the disk refused this one
    if (savedStep !== step) state = { ...state, best: former };
  };

  const probe = async (): Promise<void> => {
    if (!plan.probe) return;
    try {
      const parameters = async () => (await programs.readState()).parameters;
      const metrics = await plan.probe.run(parameters, step);
      await record({ step, kind: 'probe', tokens: state.tokens, ...metrics });
      emit({ kind: 'probe', step, metrics });
    } catch (error) {
      emit({ kind: 'probe-failed', step, error });
    }
  };

  const prune = async (): Promise<void> => {
    const marks = { best: state.best?.step };
    for (const old of expendable(await listCheckpoints(checkpoints), plan.checkpoint, marks))
      await removeCheckpoint(checkpoints, old);
  };

  const save = async (): Promise<void> => {
    if (savedStep === step) return;
    await options.checkLock();
    try {
      await log.sync();
      await events.sync();
      const tensors = await programs.readState();
      const checkpoint: Checkpoint = { step, ...tensors, state: asJson(state) };
      const path = await writeCheckpoint(checkpoints, checkpoint);
      savedStep = step;
      emit({ kind: 'checkpoint', step, path });
      await prune();
    } catch (error) {
      if (!isDiskTrouble(error)) throw error;
      const isLast = step >= steps || signal?.aborted;
      if (isLast && savedStep !== step) throw saveFailed(checkpoints, step, error);
      emit({ kind: 'save-failed', step, error });
    } finally {
      savedAt = performance.now();
    }
  };

  const isDue = (): boolean => {
    const { everySteps, everySeconds } = plan.checkpoint;
    if (step >= steps || signal?.aborted) return true;
    if (everySteps > 0 && step % everySteps === 0) return true;
    return everySeconds > 0 && performance.now() - savedAt >= 1000 * everySeconds;
  };

  const finish = (status: RunResult['status'], reason?: string): RunResult => ({
    status,
    step,
    seconds: state.seconds,
    ...(reason !== undefined && { reason }),
    ...(evaluation && { evaluation }),
  });

  let failure: unknown;
  try {
    for (const { path, reason } of options.damaged) emit({ kind: 'damaged', path, reason });
    emit({ kind: 'start', step, steps });
    // a run may have died between a checkpoint and the removal of older ones
    if (saved) await prune();
    else if (plan.evaluateFirst ?? true) await evaluate();
    while (step < steps) {
      if (signal?.aborted) {
        await save();
        return finish('interrupted');
      }
      const begin = performance.now();
      const before = source.state();
      const limits = guard ? limitsOf(state.guard, guard) : { loss: NO_LIMIT, norm: NO_LIMIT };
      const learningRate = plan.schedule(step);
      const result = await programs.step(() => source.next(), { seed, step, learningRate, limits });
      step++;
      // signals are delivered between steps: the engine's call blocks the event loop
      await new Promise((resolve) => setImmediate(resolve));
      const elapsed = (performance.now() - begin) / 1000;
      secondsPerStep = Number.isNaN(secondsPerStep)
        ? elapsed
        : secondsPerStep + 0.1 * (elapsed - secondsPerStep);
      state = {
        ...state,
        source: source.state(),
        guard: observe(state.guard, result, guard ?? defaultGuard),
        window: addStep(state.window, result),
        tokens: state.tokens + tokensPerStep,
        seconds: state.seconds + elapsed,
      };
      if (!result.applied) {
        const { loss, norm } = result;
        // the batch can be looked at again: source.seek(JSON.parse(batch))
        await record({ step, kind: 'refused', loss, norm, batch: JSON.stringify(before) });
        emit({ kind: 'refused', step, loss, norm });
      }
      const metrics = windowMetrics(state.window, summarise);
      const tokensPerSecond = tokensPerStep / secondsPerStep;
      const secondsLeft = (steps - step) * secondsPerStep;
      if (state.window.steps > 0) lastKnown = metrics;
      emit({ kind: 'step', step, steps, metrics: lastKnown, tokensPerSecond, secondsLeft });
      if (step % plan.logEvery === 0 || step === steps) {
        const { tokens, seconds } = state;
        await record({
          step,
          kind: 'train',
          ...metrics,
          learningRate,
          tokens,
          seconds,
          tokensPerSecond,
        });
        state = { ...state, window: emptyWindow };
      }
      const trouble = guard && divergence(state.guard, guard);
      if (trouble) {
        await log.sync();
        return finish('diverged', trouble);
      }
      const isTime = (interval: number): boolean =>
        step === steps || (interval > 0 && step % interval === 0);
      // evaluation may save: whatever belongs to this step must be logged by then
      if (isTime(plan.probe?.everySteps ?? 0)) await probe();
      if (isTime(plan.evaluateEvery)) await evaluate();
      if (isDue()) await save();
    }
    return finish('finished');
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await events.close();
    await log.close().catch((error: unknown) => {
      // a full disk refuses the last lines, too; what it refused first says more
      if (failure === undefined) throw error;
    });
  }
}

function checkConfig(folder: string, before: Json, plan: RunPlan): void {
  const differences = refusedChanges(before, plan.config, plan.allowConfigChanges ?? []);
  if (differences.length === 0) return;
  throw new CheckpointError(
    'other-config',
    folder,
    `${folder} was begun with another configuration:\n${formatDifferences(differences)}\n` +
      `Resume with the old values, or allow the change of ${differences.map(({ key }) => key).join(', ')}.`,
  );
}

// Event files are a convenience: a disk that refuses them must not stop the run.
async function openEvents(folder: string, step: number): Promise<EventFile> {
  const file = await openEventFile(folder, step, Date.now() / 1000).catch(() => undefined);
  const nothing = (): Promise<void> => Promise.resolve();
  if (!file) return { scalars: nothing, sync: nothing, close: nothing };
  const quietly = (write: Promise<void>): Promise<void> => write.catch(() => undefined);
  return {
    scalars: (at, time, values) => quietly(file.scalars(at, time, values)),
    sync: () => quietly(file.sync()),
    close: () => quietly(file.close()),
  };
}

function scalarsOf({ step: _, kind, ...fields }: MetricsLine): Record<string, number> {
  const numbers = Object.entries(fields).filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(numbers.map(([name, value]) => [`${kind}/${name}`, Number(value)]));
}

const DISK_TROUBLE = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS', 'EACCES', 'EMFILE', 'ENFILE'];

function isDiskTrouble(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && DISK_TROUBLE.includes(String(error.code));
}

function saveFailed(folder: string, step: number, cause: Error): Error {
  return new Error(
    `trainer: the checkpoint of step ${step} could not be written to ${folder}: ${cause.message}.\n` +
      `Make room and resume; older checkpoints are untouched. It would have been ${checkpointName(step)}.`,
    { cause },
  );
}

// ProgressState is made of JSON values only.
function asJson(state: ProgressState): Json {
  return JSON.parse(JSON.stringify(state)) as Json;
}
