// Area under the ROC curve, exactly, with its standard error (host side).
//
// AUC is the chance that a replaced token gets a higher score than an original one, half a point for a tie: the
// Mann-Whitney statistic. The standard error is DeLong's (DeLong, DeLong and Clarke-Pearson 1988), computed from
// midranks (Sun and Xu 2014, https://doi.org/10.1109/LSP.2014.2337313). It takes tokens for independent; those of one
// sentence are not quite, so it is a little too small.

export interface Auc {
  /** 0.5 for a coin; not a number unless both labels occur, or if a score is none. */
  readonly auc: number;
  /** Not a number with fewer than two tokens of either label. */
  readonly standardError: number;
  readonly positives: number;
  readonly negatives: number;
}

/** Scores with their labels, collected batch by batch. */
export interface ScoredTokens {
  readonly scores: readonly number[];
  /** 1 for replaced, 0 for original; as long as `scores`. */
  readonly labels: readonly number[];
}

export interface TokenOutputs {
  readonly logits: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  /** 1 for a token, 0 for padding. */
  readonly weights: ArrayLike<number>;
}

/**
 * The scored tokens of one or more batches.
 *
 * @param padding `leave-out`, or `as-easy-negatives` as google-research/electra does (labels and probabilities are
 * multiplied by the mask there), which flatters short sequences
 */
export function scoredTokens(
  batches: readonly TokenOutputs[],
  padding: 'leave-out' | 'as-easy-negatives' = 'leave-out',
): ScoredTokens {
  const scores: number[] = [];
  const labels: number[] = [];
  for (const batch of batches) {
    for (let i = 0; i < batch.logits.length; i++) {
      const isToken = batch.weights[i] !== 0;
      if (!isToken && padding === 'leave-out') continue;
      scores.push(isToken ? batch.logits[i] : Number.NEGATIVE_INFINITY);
      labels.push(isToken ? batch.labels[i] : 0);
    }
  }
  return { scores, labels };
}

/**
 * AUC of `scores` for the label 1; ties count half. O(n log n).
 *
 * @throws RangeError unless there is one label for each score
 */
export function areaUnderCurve({ scores, labels }: ScoredTokens): Auc {
  if (labels.length !== scores.length)
    throw new RangeError(
      `electra-task: no AUC of ${scores.length} scores with ${labels.length} labels, expected as many.\n` +
        'Collect both with `scoredTokens`.',
    );
  const indices = scores.map((_, i) => i);
  const positive = indices.filter((i) => labels[i] === 1);
  const negative = indices.filter((i) => labels[i] !== 1);
  const m = positive.length;
  const n = negative.length;
  const inAll = midranks(scores, indices);
  const inPositive = midranks(scores, positive);
  const inNegative = midranks(scores, negative);
  // Share of negatives below each positive, and of positives above each negative.
  const below = positive.map((i) => (inAll[i] - inPositive[i]) / n);
  const above = negative.map((i) => 1 - (inAll[i] - inNegative[i]) / m);
  const ordered = !scores.some(Number.isNaN); // a model that has diverged puts nothing in order
  return {
    auc: ordered ? meanOf(below) : Number.NaN,
    standardError: ordered ? Math.sqrt(varianceOf(below) / m + varianceOf(above) / n) : Number.NaN,
    positives: m,
    negatives: n,
  };
}

/** Rank of each of `members` by score, from 1, equal scores sharing the mean rank; indexed like `scores`. */
function midranks(scores: readonly number[], members: readonly number[]): Float64Array {
  const ranks = new Float64Array(scores.length);
  const sorted = [...members].sort((a, b) =>
    scores[a] < scores[b] ? -1 : scores[a] > scores[b] ? 1 : 0,
  );
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1; // at least itself: a score that is not a number equals none
    while (end < sorted.length && scores[sorted[end]] === scores[sorted[start]]) end++;
    const rank = (start + 1 + end) / 2;
    for (let at = start; at < end; at++) ranks[sorted[at]] = rank;
    start = end;
  }
  return ranks;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
}
