// Widths for batches of similar length: those that examples are grouped by, and those of compiled programs.
//
// Computing padding is what costs most in fine-tuning, so widths are chosen for the lengths that a task has; few of
// them where each is compiled for.

export interface WidthOptions {
  /** Most widths; default 6. */
  readonly most?: number;
  /** Widths are multiples of it; default 8. */
  readonly multipleOf?: number;
  /** No width is larger, whatever `multipleOf` says: the positions that the model has. */
  readonly widest?: number;
}

/**
 * The widths, ascending, that pad these lengths least. The last one holds the longest.
 *
 * @throws RangeError if there is no length
 */
export function chooseWidths(
  lengths: readonly number[],
  { most = 6, multipleOf = 8, widest = Number.POSITIVE_INFINITY }: WidthOptions = {},
): number[] {
  if (lengths.length === 0)
    throw new RangeError(
      'glue: cannot choose widths for batches: found no examples, expected at least one.\n' +
        'Check the split that was read.',
    );
  const counts = new Map<number, number>();
  for (const length of lengths) {
    const width = Math.max(
      length,
      Math.min(widest, Math.ceil(Math.max(1, length) / multipleOf) * multipleOf),
    );
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  const candidates = [...counts.keys()].sort((a, b) => a - b);
  const upTo = [0];
  for (const width of candidates) upTo.push((upTo.at(-1) ?? 0) + (counts.get(width) ?? 0));
  // best[k][j]: least computed tokens for the first j candidates with k widths, the last of them candidate j - 1
  const size = candidates.length;
  let best: { cost: number; widths: readonly number[] }[] = upTo.map((_, j) => ({
    cost: j === 0 ? 0 : Number.POSITIVE_INFINITY,
    widths: [],
  }));
  for (let k = 1; k <= Math.min(most, size); k++) {
    best = best.map((without, j) => {
      let chosen = without;
      for (let i = 0; i < j; i++) {
        const cost = best[i].cost + (upTo[j] - upTo[i]) * candidates[j - 1];
        if (cost < chosen.cost) chosen = { cost, widths: [...best[i].widths, candidates[j - 1]] };
      }
      return chosen;
    });
  }
  return [...best[size].widths];
}

/**
 * Widths that examples are grouped by before they are shuffled into batches: so many that padding is some per cent, so
 * few that examples meet others in every epoch, and multiples of 4, since what differs by a word in length may differ in
 * its label for the same reason.
 *
 * @param batches of an epoch
 */
export function groupWidths(
  lengths: readonly number[],
  batches: number,
  options: Pick<WidthOptions, 'widest'> = {},
): number[] {
  const most = Math.min(MOST_GROUPS, Math.max(FEWEST_GROUPS, Math.floor(batches / 5)));
  return chooseWidths(lengths, { ...options, most, multipleOf: 4 });
}

const MOST_GROUPS = 24;
const FEWEST_GROUPS = 6;

/** How many widths are worth their compilation in a run of so many steps: from 6 to 12. */
export function widthCount(steps: number): number {
  return Math.min(12, 6 + Math.floor(steps / 500));
}
