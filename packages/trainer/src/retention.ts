// Which checkpoints to keep: the last few, every n-th for good, the best by a metric.

export interface RetentionOptions {
  /** The newest this many stay. At least 1. */
  readonly keepLast: number;
  /** Checkpoints at multiples of this step stay for good; 0 keeps none this way. */
  readonly keepEvery: number;
  /** The checkpoint with the best value of this held-out metric stays. */
  readonly best?: { readonly metric: string; readonly mode: 'min' | 'max' } | undefined;
}

export const defaultRetention: RetentionOptions = { keepLast: 3, keepEvery: 0 };

export interface BestCheckpoint {
  readonly step: number;
  readonly value: number;
}

/** The better of the best so far and a new evaluation. NaN is never best; a tie keeps the older. */
export function better(
  best: BestCheckpoint | undefined,
  candidate: BestCheckpoint,
  mode: 'min' | 'max',
): BestCheckpoint | undefined {
  if (!Number.isFinite(candidate.value)) return best;
  if (!best) return candidate;
  const improves = mode === 'min' ? candidate.value < best.value : candidate.value > best.value;
  return improves ? candidate : best;
}

/**
 * The steps whose checkpoints may be deleted, oldest first.
 *
 * Call it after the newest checkpoint is durable. `best` is the step of the best one so far.
 */
export function expendable(
  steps: readonly number[],
  options: RetentionOptions,
  { best }: { readonly best?: number | undefined } = {},
): number[] {
  const ordered = [...steps].sort((a, b) => a - b);
  const last = new Set(ordered.slice(-Math.max(1, options.keepLast)));
  return ordered.filter(
    (step) =>
      !last.has(step) &&
      step !== best &&
      !(options.keepEvery > 0 && step % options.keepEvery === 0),
  );
}
