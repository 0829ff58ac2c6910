// The curves of a training run for the page: what metrics.jsonl has gained since the page last asked.
//
// A cursor names a place in the file and the line before it. A run that is resumed cuts its file back to the last
// checkpoint and writes on; the line before the cursor is then another one, and the reader gets the file anew.

import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface RunNews {
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** True where `lines` begin with the file: what the reader has is void. */
  readonly isWhole: boolean;
  /** Give it with the next question. */
  readonly cursor: string;
  /** Steps planned, where config.json says so. */
  readonly totalSteps?: number;
  /** Whether the file has grown in the last two minutes, and the last step is not reached. */
  readonly isLive: boolean;
  /** The answer is full and the file goes on: ask again at once. */
  readonly hasMore: boolean;
}

const METRICS = 'metrics.jsonl';
/** Read at once at most; a longer file comes in several answers. */
const MAX_BYTES = 4_000_000;
const LIVE_MS = 120_000;

/**
 * What the run has written since `cursor`.
 *
 * @param cursor of the last answer; empty for the whole file
 * @param now ms since 1970
 */
export async function readRun(
  folder: string,
  cursor: string,
  now: number = Date.now(),
): Promise<RunNews> {
  const totalSteps = await plannedSteps(folder);
  const file = await open(join(folder, METRICS)).catch(() => undefined);
  if (!file) return { ...NOTHING, ...planned(totalSteps) };
  try {
    const { size, mtimeMs } = await file.stat();
    const from = await placeOf(file, cursor, size);
    const { lines, end, last } = await linesFrom(file, from, size);
    const newest = last ?? (await lineBefore(file, end));
    const step = Number(parsed(newest)?.step ?? 0);
    return {
      lines,
      isWhole: from === 0,
      cursor: end === 0 ? '' : `${end}-${digest(newest)}`,
      hasMore: end > from && size > from + MAX_BYTES,
      isLive: now - mtimeMs < LIVE_MS && !(totalSteps !== undefined && step >= totalSteps),
      ...planned(totalSteps),
    };
  } finally {
    await file.close();
  }
}

const NOTHING = { lines: [], isWhole: true, cursor: '', isLive: true, hasMore: false } as const;

const planned = (totalSteps: number | undefined): { totalSteps?: number } =>
  totalSteps === undefined ? {} : { totalSteps };

/** The byte that `cursor` names, or 0 if the file is not the one it was given for. */
async function placeOf(file: FileHandle, cursor: string, size: number): Promise<number> {
  const match = /^(\d{1,15})-([\da-f]{16})$/.exec(cursor);
  const place = Number(match?.[1] ?? 0);
  if (place === 0 || place > size) return 0;
  return digest(await lineBefore(file, place)) === match?.[2] ? place : 0;
}

async function linesFrom(
  file: FileHandle,
  from: number,
  size: number,
): Promise<{ lines: Readonly<Record<string, unknown>>[]; end: number; last?: string }> {
  const bytes = await read(file, from, Math.min(size, from + MAX_BYTES));
  const length = bytes.lastIndexOf(10) + 1; // what follows is a line being written
  const texts = bytes.toString('utf8', 0, length).split('\n').slice(0, -1);
  const lines = texts.flatMap((text) => {
    const line = parsed(text);
    return line ? [line] : [];
  });
  const last = texts.at(-1);
  return { lines, end: from + length, ...(last !== undefined && { last }) };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && typeof value.step === 'number' ? value : undefined;
  } catch {
    return undefined; // damaged; the trainer writes it again when it resumes
  }
}

/** The line that ends right before byte `end`. */
async function lineBefore(file: FileHandle, end: number): Promise<string> {
  const bytes = await read(file, Math.max(0, end - 8192), end - 1);
  return bytes.toString('utf8', bytes.lastIndexOf(10) + 1);
}

async function read(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.max(0, to - from));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}

const digest = (line: string): string =>
  createHash('sha256').update(line.slice(-4096)).digest('hex').slice(0, 16);

/** `schedule.steps` of a recipe, which config.json of a run holds. */
async function plannedSteps(folder: string): Promise<number | undefined> {
  try {
    const config: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    const plan = isRecord(config) && isRecord(config.schedule) ? config.schedule.steps : undefined;
    return typeof plan === 'number' ? plan : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
