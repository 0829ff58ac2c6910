// What evaluations find, and the form in which they stand in metrics.jsonl.

import { type MetricsLine, readMetrics } from '@alectra/trainer';

/** Every metric of every validation set; null for one that is undefined, since JSON has no NaN. */
export type StoredScores = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** What one evaluation found. */
export interface EvaluationRecord {
  readonly step: number;
  /** The figure of the card's column, times 100. */
  readonly score: number | null;
  readonly scores: StoredScores;
}

/** Logits or scores by split, in the order of its rows. */
export type Predictions = Readonly<Record<string, readonly (readonly number[])[]>>;

/** One level of numbers: `score`, and `<set>/<metric>`. NaN where there is none. */
export function flatScores({
  score,
  scores,
}: Omit<EvaluationRecord, 'step'>): Record<string, number> {
  const entries = Object.entries(scores).flatMap(([set, metrics]) =>
    Object.entries(metrics).map(([metric, value]) => [`${set}/${metric}`, value ?? Number.NaN]),
  );
  return { score: score ?? Number.NaN, ...Object.fromEntries(entries) };
}

/** The evaluations of a run, from its metrics.jsonl. */
export async function readEvaluations(path: string): Promise<EvaluationRecord[]> {
  return (await readMetrics(path)).filter(({ kind }) => kind === 'evaluate').map(recordOf);
}

function recordOf({ step, score, ...fields }: MetricsLine): EvaluationRecord {
  const scores: Record<string, Record<string, number | null>> = {};
  for (const [name, value] of Object.entries(fields)) {
    const [set, metric] = name.split('/');
    if (metric === undefined) continue;
    scores[set] = { ...scores[set], [metric]: numberOrNull(value) };
  }
  return { step, score: numberOrNull(score), scores };
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);
