// The folder of one fine-tuning run: the trainer's, and what is left when it is finished.
//
//   <out>/<task>/seed-1/   config.json · metrics.jsonl · events.out.tfevents.*   the trainer's
//                          checkpoints/       while it runs
//                          predictions.json   of the validation splits
//                          errors.md          confusion, calibration, worst examples
//                          model/             the fine-tuned classifier, a Hugging Face folder
//                          result.json        written last

import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import { configDifferences, formatDifferences, type Json } from '@alectra/trainer';
import type { EvaluationRecord, Predictions } from './evaluation-record.js';
import { UsageError } from './usage-error.js';

/** A finished run. */
export interface RunResult {
  readonly config: Json;
  readonly task: string;
  readonly seed: number;
  /** The evaluation that counts. */
  readonly kept: EvaluationRecord;
  readonly steps: number;
  readonly evaluations: readonly EvaluationRecord[];
  /** What whoever uses the model must know: how texts were cut, and what scores were divided by. */
  readonly plan: { readonly maxLength: number; readonly scoreScale: number };
  readonly examples: number;
  readonly engine: string;
  /** Without evaluation. */
  readonly trainingSeconds: number;
}

/** The result of a finished run, or undefined. */
export async function readResult(folder: string): Promise<RunResult | undefined> {
  const path = join(folder, 'result.json');
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as RunResult) : undefined;
}

export async function writeResult(folder: string, result: RunResult): Promise<void> {
  await writeFileAtomic(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
}

/** Once its result is written; again for a finished run, which may have been killed before this was done. */
export async function removeCheckpoints(folder: string): Promise<void> {
  await rm(join(folder, 'checkpoints'), { recursive: true, force: true });
}

export async function readPredictions(folder: string): Promise<Predictions> {
  return JSON.parse(await readFile(join(folder, 'predictions.json'), 'utf8')) as Predictions;
}

/**
 * Refuses a folder that holds a run of another kind, finished or not.
 *
 * @throws UsageError with the list of differences
 */
export async function refuseOtherRun(folder: string, config: Json): Promise<void> {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) return;
  const differences = configDifferences(JSON.parse(await readFile(path, 'utf8')) as Json, config);
  if (differences.length === 0) return;
  throw new UsageError(
    `evaluate: ${folder} holds a run with another configuration:\n${formatDifferences(differences)}\n` +
      'Give another --out, or remove the folder.',
  );
}
