// What is known of a model before it is loaded: read from the small files of its folder.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelHead, pickModelClass, WEIGHT_FILES } from '@alectra/checkpoint';
import { families } from './families.js';
import { type TaskName, tasksOf } from './task-name.js';

export interface ServedModel {
  /** `org/name`, unique among the models served. */
  readonly id: string;
  /** Absolute path of the Hugging Face folder. */
  readonly folder: string;
  /** The training run that made it, where it lies in one. */
  readonly run?: RunFolder;
  readonly modelType: string;
  readonly architecture: string;
  readonly head: ModelHead;
  /** What it can do, the main task first: that answers `POST /models/org/name`. */
  readonly tasks: readonly TaskName[];
  /** By label id; empty where config.json names none. */
  readonly labels: readonly string[];
  /** The longest input in tokens, special ones included. */
  readonly maxTokens: number;
  readonly maskToken: string;
  /** The same network's partner from the same run: its generator or its discriminator. */
  readonly partner?: string;
  /** Changes when the folder's files do. */
  readonly revision: string;
  readonly weightBytes: number;
  /** When its weights were written, ms since 1970. */
  readonly modifiedMs: number;
}

/** What `POST /models/org/name` does. */
export const mainTaskOf = ({ tasks }: Pick<ServedModel, 'tasks'>): TaskName =>
  tasks[0] ?? 'feature-extraction';

/** A folder of `apps/pretrain` or `apps/evaluate` with metrics.jsonl in it. */
export interface RunFolder {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
}

/** Reads what the folder says of its model. @throws Error naming what is missing or unknown */
export async function readServedModel(
  folder: string,
  { id, run, partner }: Pick<ServedModel, 'id' | 'run' | 'partner'>,
): Promise<ServedModel> {
  const text = await readFile(join(folder, 'config.json'), 'utf8');
  const config: unknown = JSON.parse(text);
  if (!isRecord(config)) throw new Error(`serve: config.json of ${folder} is not an object.`);
  const weights = await weightFile(folder);
  const { head, modelType, kind } = pickModelClass(config, { families }, folder);
  const labels = labelsOf(config);
  return {
    id,
    folder,
    ...(run && { run }),
    ...(partner !== undefined && { partner }),
    modelType,
    architecture: kind.architecture,
    head,
    tasks: tasksOf(head, modelType, labels),
    labels,
    maxTokens: numberOr(config.max_position_embeddings, 512),
    maskToken: await maskTokenOf(folder),
    revision: createHash('sha256')
      .update(`${text}\0${weights.bytes}\0${weights.modifiedMs}`)
      .digest('hex')
      .slice(0, 16),
    weightBytes: weights.bytes,
    modifiedMs: weights.modifiedMs,
  };
}

async function weightFile(folder: string): Promise<{ bytes: number; modifiedMs: number }> {
  for (const name of WEIGHT_FILES) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile()) return { bytes: found.size, modifiedMs: found.mtimeMs };
  }
  throw new Error(
    `serve: ${folder} has no weights: expected one of ${WEIGHT_FILES.join(', ')}.\n` +
      'Give the folder of an exported model.',
  );
}

function labelsOf({ id2label }: Readonly<Record<string, unknown>>): string[] {
  if (!isRecord(id2label)) return [];
  const ids = Object.keys(id2label).sort((a, b) => Number(a) - Number(b));
  return ids.map((id) => String(id2label[id]));
}

async function maskTokenOf(folder: string): Promise<string> {
  try {
    const settings: unknown = JSON.parse(
      await readFile(join(folder, 'tokenizer_config.json'), 'utf8'),
    );
    const token = isRecord(settings) ? settings.mask_token : undefined;
    if (typeof token === 'string') return token;
    if (isRecord(token) && typeof token.content === 'string') return token.content;
  } catch {
    // a folder of 2020 has no such file
  }
  return '[MASK]';
}

const numberOr = (value: unknown, fallback: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : fallback;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
