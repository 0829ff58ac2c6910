// What several runs of one task amount to.

export interface SeedSummary {
  readonly count: number;
  readonly median: number;
  readonly mean: number;
  /** Of the sample, divided by n - 1; NaN for one run. */
  readonly std: number;
  readonly best: number;
}

/**
 * Median, mean, standard deviation and best of one score over seeds. NaN scores (a diverged run, a correlation of a
 * constant) make all but `count` NaN: they are not left out silently.
 *
 * @throws RangeError if there is no score
 */
export function summariseSeeds(scores: readonly number[]): SeedSummary {
  const count = scores.length;
  if (count === 0)
    throw new RangeError(
      'glue: cannot summarise seeds: found no score, expected one for each seed.\nRun the task first.',
    );
  if (scores.some(Number.isNaN)) return { count, median: NaN, mean: NaN, std: NaN, best: NaN };
  const sorted = [...scores].sort((a, b) => a - b);
  const middle = count >> 1;
  const mean = scores.reduce((sum, score) => sum + score, 0) / count;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return {
    count,
    mean,
    median: count % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
    std: count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN,
    best: sorted[count - 1],
  };
}
