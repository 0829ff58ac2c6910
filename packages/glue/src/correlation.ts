// Pearson's and Spearman's correlation, as scipy.stats computes them.

/**
 * Pearson's correlation of two series.
 *
 * @returns from -1 to 1; NaN if a series is constant or shorter than two, since there is nothing to correlate
 * @throws RangeError if the lengths differ
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length)
    throw new RangeError(
      `glue: pearson: found ${x.length} and ${y.length} values, expected as many.\n` +
        'Give one prediction for each label.',
    );
  const meanX = mean(x);
  const meanY = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] ?? 0) - meanX;
    const dy = (y[i] ?? 0) - meanY;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  if (isConstant(x) || isConstant(y)) return Number.NaN;
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
}

/** Spearman's correlation: Pearson's of the ranks, where equal values share the mean of their ranks. NaN as above. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return pearson(averageRanks(x), averageRanks(y));
}

/** Ranks from 1; equal values get the mean of the ranks they fill. A NaN makes all ranks NaN. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i);
  const at = (i: number): number => values[order[i] ?? 0] ?? 0;
  const ranks = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++)
    if (Number.isNaN(values[i])) return ranks.fill(Number.NaN);
  order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (end < order.length && at(end) === at(begin)) end++;
    for (let i = begin; i < end; i++) ranks[order[i] ?? 0] = (begin + 1 + end) / 2;
    begin = end;
  }
  return ranks;
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum / values.length;
}
