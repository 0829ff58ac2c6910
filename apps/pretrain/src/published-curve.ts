// The one published curve of this task: google-research/electra's small model on OpenWebText, batches of 128 x 128
// tokens, its own training distribution, evaluation mode. Read off the figure in that repository's issue 3 by pixels, so
// within about half a percent of each axis; the second half of the figures begins at step 150,000.
//
// Losses depend on the vocabulary (30,522 there) and accuracies on the masking (15 % of the tokens); AUC compares best.

const TOKENS_PER_STEP = 128 * 128;

const FIELDS = [
  'loss',
  'generatorLoss',
  'discriminatorLoss',
  'generatorAccuracy',
  'sampledAccuracy',
  'discriminatorAccuracy',
  'auc',
  'precision',
] as const;

const NONE = Number.NaN;
// step, then FIELDS
const ROWS: readonly (readonly number[])[] = [
  [5_000, 23.6, 6.36, 0.343, NONE, NONE, NONE, 0.7, NONE],
  [10_000, 20.2, 5.87, 0.286, NONE, NONE, NONE, 0.79, NONE],
  [20_000, 16.3, 4.15, 0.243, NONE, NONE, NONE, 0.856, NONE],
  [50_000, 14.8, 3.67, 0.224, NONE, NONE, NONE, 0.874, NONE],
  [100_000, 13.9, 3.52, 0.208, NONE, NONE, NONE, 0.889, NONE],
  [150_000, 13.4, 3.47, 0.2, 0.427, 0.323, 0.9275, 0.897, 0.735],
  [200_000, 13.1, 3.43, 0.195, 0.433, 0.328, 0.9294, 0.903, 0.737],
  [300_000, 12.8, 3.39, 0.188, 0.437, 0.334, 0.932, 0.91, 0.741],
  [400_000, 12.4, 3.37, 0.181, 0.441, 0.337, 0.9342, 0.917, 0.752],
  [500_000, 12.1, 3.35, 0.177, 0.443, 0.34, 0.9357, 0.92, 0.758],
  [600_000, 12.0, 3.32, 0.173, 0.445, 0.343, 0.937, 0.923, 0.76],
  [800_000, 11.5, 3.29, 0.165, 0.449, 0.346, 0.94, 0.93, 0.77],
  [1_000_000, 11.2, 3.25, 0.159, 0.454, 0.351, 0.9421, 0.935, 0.783],
];

export const PUBLISHED_NAME = 'ELECTRA-Small, published';

/** Points of a field of metrics.jsonl by tokens seen; none if it was not published. */
export function publishedCurve(metric: string): { readonly x: number; readonly y: number }[] {
  const column = (FIELDS as readonly string[]).indexOf(metric) + 1;
  if (column === 0) return [];
  return ROWS.map((row) => ({
    x: Number(row[0]) * TOKENS_PER_STEP,
    y: Number(row[column]),
  })).filter(({ y }) => Number.isFinite(y));
}
