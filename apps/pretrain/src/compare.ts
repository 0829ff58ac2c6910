// The curves of one or more runs, drawn from their metrics.jsonl into SVG files.

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import { type MetricsLine, readMetrics } from '@alectra/trainer';
import { type Curve, drawCurves } from './curves.js';
import { UsageError } from './usage-error.js';

export interface CompareOptions {
  readonly folders: readonly string[];
  /** Where the SVG files go. */
  readonly out: string;
  /** Fields of metrics.jsonl. */
  readonly metrics: readonly string[];
  readonly kind: 'train' | 'evaluate';
  readonly by: 'step' | 'tokens';
}

/** Writes `<out>/<kind>-<metric>.svg` for each metric that some run has, and returns the paths. */
export async function compare({
  folders,
  out,
  metrics,
  kind,
  by,
}: CompareOptions): Promise<string[]> {
  const runs = await Promise.all(folders.map((folder) => readRun(folder, kind)));
  const written: string[] = [];
  for (const metric of metrics) {
    const curves: Curve[] = runs.map(({ name, lines }) => ({
      name,
      points: lines.map((line) => ({ x: numberOf(line[by]), y: numberOf(line[metric]) })),
    }));
    if (!curves.some(({ points }) => points.some(({ y }) => Number.isFinite(y)))) continue;
    const path = join(out, `${kind}-${metric}.svg`);
    await writeFileAtomic(path, drawCurves({ title: `${metric} (${kind})`, xLabel: by, curves }));
    written.push(path);
  }
  if (written.length === 0)
    throw new UsageError(
      `pretrain: there is nothing to draw: no run has ${metrics.join(' or ')} in its "${kind}" lines.\n` +
        `Known are ${[...new Set(runs.flatMap(({ lines }) => Object.keys(lines[0] ?? {})))].join(', ')}.`,
    );
  return written;
}

async function readRun(
  folder: string,
  kind: MetricsLine['kind'],
): Promise<{ name: string; lines: MetricsLine[] }> {
  const path = join(folder, 'metrics.jsonl');
  if (!existsSync(path))
    throw new UsageError(`pretrain: ${folder} is not a run: it has no metrics.jsonl.`);
  const lines = (await readMetrics(path)).filter((line) => line.kind === kind);
  return { name: basename(resolve(folder)), lines };
}

const numberOf = (value: number | string | null | undefined): number =>
  typeof value === 'number' ? value : Number.NaN;
