// The test sets, answered by the best run of each task, as one archive for the leaderboard.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type GlueTask,
  glueTasks,
  type Prediction,
  readSplit,
  type SubmissionName,
  setName,
  testSplits,
  writeSubmission,
} from '@alectra/glue';
import type { EngineName } from '@alectra/jit';
import type { Console } from './console.js';
import { predictRun } from './predict-run.js';
import { type RunResult, readResult } from './run-store.js';
import { answers } from './task-scores.js';
import { UsageError } from './usage-error.js';

export interface SubmitOptions {
  /** Folder of an evaluation: `<runs>/<task>/seed-1`. */
  readonly runs: string;
  readonly data: string;
  /** The archive. */
  readonly out: string;
  readonly fill?: 'majority';
  readonly engine: EngineName | 'auto';
  readonly threads: number;
  readonly console: Console;
}

/** Writes the archive and says which run answered which set. @throws UsageError for tasks without a run */
export async function submit(
  options: SubmitOptions,
): Promise<{ readonly filled: readonly SubmissionName[] }> {
  const { runs, console, out, fill } = options;
  const found: { task: GlueTask; best: BestRun }[] = [];
  const lacking: string[] = [];
  for (const task of Object.values(glueTasks)) {
    // the diagnostic set is answered by the model of MNLI
    const best = await bestRun(runs, task.name === 'ax' ? glueTasks.mnli : task);
    if (best) found.push({ task, best });
    else lacking.push(task.title);
  }
  if (lacking.length > 0 && !fill)
    throw new UsageError(
      `evaluate: no submission can be made of ${runs}: found no finished run of ${lacking.join(', ')}, expected one of each task.\n` +
        'Run these tasks too, or answer them by the most frequent class with --fill majority.',
    );
  const predictions: Partial<Record<SubmissionName, readonly Prediction[]>> = {};
  for (const { task, best } of found) {
    const { folder, result } = best;
    console.say(
      `${task.title}: ${folder}, ${result.kept.score?.toFixed(1) ?? 'undefined'} on dev, the best of ${best.count}`,
    );
    Object.assign(predictions, await predictTests(options, task, best));
  }
  return writeSubmission(out, predictions, { ...(fill && { fill }) });
}

interface BestRun {
  readonly folder: string;
  readonly result: RunResult;
  /** Of how many. */
  readonly count: number;
}

/** The finished run with the best score on dev; the first of equals. */
async function bestRun(runs: string, task: GlueTask): Promise<BestRun | undefined> {
  const parent = join(runs, task.title);
  const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []; // no run of this task
    throw error;
  });
  const seeds = names
    .map((name) => /^seed-(\d+)$/.exec(name)?.[1])
    .filter((seed) => seed !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  const found: { folder: string; result: RunResult }[] = [];
  for (const seed of seeds) {
    const folder = join(parent, `seed-${seed}`);
    const result = await readResult(folder);
    if (result) found.push({ folder, result });
  }
  const value = (result: RunResult): number => result.kept.score ?? Number.NEGATIVE_INFINITY;
  const [best] = [...found].sort((a, b) => value(b.result) - value(a.result)); // stable
  return best && { ...best, count: found.length };
}

async function predictTests(
  { data, engine, threads }: SubmitOptions,
  task: GlueTask,
  { folder }: BestRun,
): Promise<Partial<Record<SubmissionName, readonly Prediction[]>>> {
  const found: Partial<Record<SubmissionName, readonly Prediction[]>> = {};
  for (const split of testSplits(task)) {
    const examples = await readSplit(data, task, split);
    const outputs = await predictRun(folder, task, examples, { engine, threads });
    found[setName(task, split)] = answers(task, outputs).map((value, row) => ({
      index: examples[row].index,
      value,
    }));
  }
  return found;
}
