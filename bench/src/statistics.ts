// Medians only: the cores of most machines are shared, and one slow step should not move a figure.

/** The middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('bench: a median needs at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Median over rounds of `reference / ours`, each round measured back to back: above 1, ours is faster.
 *
 * @throws RangeError unless both have the same rounds
 */
export function pairedRatio(ours: readonly number[], reference: readonly number[]): number {
  if (ours.length !== reference.length)
    throw new RangeError(
      `bench: a ratio needs the same rounds of both: found ${ours.length} and ${reference.length}`,
    );
  return median(ours.map((seconds, round) => reference[round] / seconds));
}
