// metrics.jsonl: one JSON object a line, the source of truth for curves.
//
// Lines are appended whole and made durable before each checkpoint. A resumed run first cuts off what
// lies past its checkpoint, a torn last line included, so that in the end the file equals that of a run
// never interrupted, but for the fields in `timeFields`.

import { readFile } from 'node:fs/promises';
import { openLineLog } from '@alectra/files';

export interface MetricsLine {
  /** Optimizer steps done when the line was written. */
  readonly step: number;
  readonly kind: 'train' | 'evaluate' | 'probe' | 'refused';
  /** null stands for a number that is not finite. */
  readonly [field: string]: number | string | null;
}

/** Fields that depend on the clock and so may differ between two runs with the same bits. */
export const timeFields: readonly string[] = ['time', 'seconds', 'tokensPerSecond'];

export interface MetricsLog {
  /** Adds a line. What a full disk refuses is kept in memory and tried again with the next line. */
  append(line: MetricsLine): Promise<void>;
  /** Resolves when all lines are on disk; rejects if some cannot be written. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the log for appending after cutting off every line past `afterStep`.
 *
 * @param afterStep the step of the checkpoint resumed from; undefined empties the file
 */
export async function openMetricsLog(
  path: string,
  afterStep: number | undefined,
): Promise<MetricsLog> {
  const truncateTo = afterStep === undefined ? 0 : lengthUpTo(await bytesOf(path), afterStep);
  const log = await openLineLog(path, { truncateTo });
  const pending: string[] = [];
  const drain = async (): Promise<void> => {
    while (pending[0] !== undefined) {
      await log.append(pending[0]);
      pending.shift();
    }
  };
  return {
    async append(line) {
      pending.push(JSON.stringify(line));
      await drain().catch(() => undefined); // sync reports it, before a checkpoint relies on it
    },
    async sync() {
      await drain();
      await log.sync();
    },
    async close() {
      await drain().finally(() => log.close());
    },
  };
}

/** All complete lines of a metrics.jsonl; a torn last line is left out. */
export async function readMetrics(path: string): Promise<MetricsLine[]> {
  return [...completeLines(await readFile(path))].map(({ line }) => line);
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function lengthUpTo(bytes: Buffer, step: number): number {
  let length = 0;
  for (const { line, end } of completeLines(bytes)) {
    if (line.step > step) break;
    length = end;
  }
  return length;
}

function* completeLines(bytes: Buffer): Generator<{ line: MetricsLine; end: number }> {
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    const line = parse(bytes.toString('utf8', start, end));
    if (!line) return;
    start = end + 1;
    yield { line, end: start };
  }
}

function parse(text: string): MetricsLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isLine = typeof value === 'object' && value !== null && 'step' in value;
    return isLine ? (value as MetricsLine) : undefined; // lines are written by this file only
  } catch {
    return undefined; // damaged by a crash: everything from here on is written again
  }
}
