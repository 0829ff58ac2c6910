// The folder of one fine-tuning run, so that a killed run goes on where it was and a finished one is not run again.
//
//   <out>/<task>/seed-1/   config.json        what the run is
//                          metrics.jsonl      loss now and then, every evaluation
//                          checkpoint/        while it runs: parameters, optimizer, position
//                          predictions.json   of the validation splits
//                          errors.md          confusion, calibration, worst examples
//                          model/             the fine-tuned classifier, a Hugging Face folder
//                          result.json        written last

import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fromHostTensor,
  readSafetensors,
  toHostTensor,
  type WeightRecord,
  writeSafetensors,
} from '@alectra/checkpoint';
import { cleanTemporaries, writeFileAtomic, writeFolderAtomic } from '@alectra/files';
import {
  configDifferences,
  formatDifferences,
  type HostTensors,
  type Json,
} from '@alectra/trainer';
import type { RunState } from './session.js';
import { UsageError } from './usage-error.js';

/** Every metric of every validation set; null for one that is undefined, since JSON has no NaN. */
export type StoredScores = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** What one evaluation found. */
export interface EvaluationRecord {
  readonly step: number;
  /** The figure of the card's column, times 100. */
  readonly score: number | null;
  readonly scores: StoredScores;
}

/** Where a run stands; plain JSON. */
export interface RunPosition {
  /** Updates done. */
  readonly step: number;
  /** Sum of losses, and their number, since the last line of the log. */
  readonly lossSum: number;
  readonly lossCount: number;
  /** Of metrics.jsonl. */
  readonly logBytes: number;
  readonly evaluations: readonly EvaluationRecord[];
  /** Step of the evaluation whose model is kept. */
  readonly kept: number | null;
  /** Training time so far, without evaluation. */
  readonly seconds: number;
}

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
  readonly trainingSeconds: number;
}

/** Logits or scores by split, in the order of its rows. */
export type Predictions = Readonly<Record<string, readonly (readonly number[])[]>>;

/** The result of a finished run, or undefined. */
export async function readResult(folder: string): Promise<RunResult | undefined> {
  const path = join(folder, 'result.json');
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as RunResult) : undefined;
}

export async function readPredictions(folder: string): Promise<Predictions> {
  return JSON.parse(await readFile(join(folder, 'predictions.json'), 'utf8')) as Predictions;
}

/**
 * Refuses a folder that holds a run of another kind; writes config.json of a new one.
 *
 * @throws UsageError with the list of differences
 */
export async function claimFolder(folder: string, config: Json): Promise<void> {
  const path = join(folder, 'config.json');
  if (existsSync(path)) {
    const before = JSON.parse(await readFile(path, 'utf8')) as Json;
    const differences = configDifferences(before, config);
    if (differences.length > 0)
      throw new UsageError(
        `evaluate: ${folder} holds a run with another configuration:\n${formatDifferences(differences)}\n` +
          'Give another --out, or remove the folder.',
      );
    return;
  }
  await writeFileAtomic(path, `${JSON.stringify(config, null, 2)}\n`);
}

const CHECKPOINT = 'checkpoint';

export async function saveCheckpoint(
  folder: string,
  { parameters, optimizer }: RunState,
  position: RunPosition,
): Promise<void> {
  await writeFolderAtomic(
    join(folder, CHECKPOINT),
    async (temporary) => {
      await writeSafetensors(join(temporary, 'parameters.safetensors'), toWeights(parameters));
      await writeSafetensors(join(temporary, 'optimizer.safetensors'), toWeights(optimizer));
      await writeFileAtomic(join(temporary, 'position.json'), JSON.stringify(position));
    },
    { replace: true },
  );
}

export async function readCheckpoint(
  folder: string,
): Promise<{ state: RunState; position: RunPosition } | undefined> {
  const path = join(folder, CHECKPOINT);
  await cleanTemporaries(folder);
  if (!existsSync(path)) return undefined;
  const tensors = async (name: string): Promise<HostTensors> => {
    const weights = await readSafetensors(join(path, `${name}.safetensors`));
    return Object.fromEntries(
      Object.entries(weights).map(([key, tensor]) => [key, toHostTensor(tensor, key)]),
    );
  };
  return {
    state: { parameters: await tensors('parameters'), optimizer: await tensors('optimizer') },
    position: JSON.parse(await readFile(join(path, 'position.json'), 'utf8')) as RunPosition,
  };
}

/** Writes the result, after which the checkpoint is of no use. */
export async function finish(folder: string, result: RunResult): Promise<void> {
  await writeFileAtomic(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  await rm(join(folder, CHECKPOINT), { recursive: true, force: true });
}

function toWeights(tensors: HostTensors): WeightRecord {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, fromHostTensor(tensor)]),
  );
}
