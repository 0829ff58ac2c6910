// The curves of one or more runs, drawn from their metrics.jsonl into SVG files, beside the published one on request.

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import { type Curve, drawCurves, type MetricsLine, readMetrics } from '@alectra/trainer';
import { PUBLISHED_NAME, publishedCurve } from './published-curve.js';
import { UsageError } from './usage-error.js';

export interface CompareOptions {
  readonly folders: readonly string[];
  /** Where the SVG files go. */
  readonly out: string;
  /** Fields of metrics.jsonl. */
  readonly metrics: readonly string[];
  readonly kind: 'train' | 'evaluate';
  readonly by: 'step' | 'tokens';
  /** Draw the curve of ELECTRA-Small on OpenWebText beside them; by tokens, on a logarithmic axis. */
  readonly published?: boolean;
}

export interface Drawing {
  readonly path: string;
  /** How far the runs are from the published curve, one line each; empty without it. */
  readonly distances: readonly string[];
}

/** Writes `<out>/<kind>-<metric>.svg` for each metric that some run has. */
export async function compare({
  folders,
  out,
  metrics,
  kind,
  by: asked,
  published = false,
}: CompareOptions): Promise<Drawing[]> {
  const by = published ? 'tokens' : asked;
  const runs = await Promise.all(folders.map((folder) => readRun(folder, kind)));
  const written: Drawing[] = [];
  for (const metric of metrics) {
    const curves: Curve[] = runs.map(({ name, lines }) => ({
      name,
      points: lines.map((line) => ({ x: numberOf(line[by]), y: numberOf(line[metric]) })),
    }));
    if (!curves.some(({ points }) => points.some(isFinitePoint))) continue;
    const reference = published ? publishedCurve(metric) : [];
    const path = join(out, `${kind}-${metric}.svg`);
    const drawing = drawCurves({
      title: `${metric} (${kind})`,
      xLabel: by,
      ...(reference.length > 0 && { xScale: 'log' }),
      curves:
        reference.length > 0
          ? [...curves, { name: PUBLISHED_NAME, isDashed: true, points: reference }]
          : curves,
    });
    await writeFileAtomic(path, drawing);
    written.push({
      path,
      distances: curves.flatMap((curve) => distance(metric, curve, reference)),
    });
  }
  if (written.length === 0)
    throw new UsageError(
      `pretrain: there is nothing to draw: no run has ${metrics.join(' or ')} in its "${kind}" lines.\n` +
        `Known are ${[...new Set(runs.flatMap(({ lines }) => Object.keys(lines[0] ?? {})))].join(', ')}.`,
    );
  return written;
}

type Points = Curve['points'];

/** `small: auc 0.61 after 6.1 M tokens; published 0.7 after 81.9 M (13 times as many) and 0.935 after 16,384 M` */
function distance(metric: string, { name, points }: Curve, reference: Points): string[] {
  const last = points.filter(isFinitePoint).at(-1);
  const [first, end] = [reference[0], reference.at(-1)];
  if (!last || !first || !end) return [];
  const after = ({ x, y }: Points[number]): string =>
    `${Number(y.toPrecision(4))} after ${(x / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} M tokens`;
  const times = (first.x / last.x).toLocaleString('en-US', { maximumSignificantDigits: 2 });
  return [
    `${name}: ${metric} ${after(last)}; published ${after(first)} (${times} times as many) and ${after(end)}`,
  ];
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

const isFinitePoint = ({ x, y }: Points[number]): boolean =>
  Number.isFinite(x) && Number.isFinite(y);
