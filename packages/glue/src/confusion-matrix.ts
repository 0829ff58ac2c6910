// Which class was taken for which, and what follows from the counts: accuracy, F1, Matthews' correlation.
//
// As scikit-learn's accuracy_score, f1_score (binary) and matthews_corrcoef compute them.

/** Row: true class; column: predicted class. */
export type ConfusionMatrix = readonly (readonly number[])[];

/**
 * Counts examples by true and by predicted class.
 *
 * @throws RangeError if the lengths differ, or at a class that is not 0 … classes - 1
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  if (labels.length !== predictions.length)
    throw new RangeError(
      `glue: confusion matrix: found ${predictions.length} predictions, expected ${labels.length}, one for each label.\n` +
        'Predict every example of the set, in its order.',
    );
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = counts[labels[i] ?? -1];
    const column = predictions[i] ?? -1;
    if (row?.[column] === undefined)
      throw new RangeError(
        `glue: confusion matrix: found class ${labels[i]} predicted as ${predictions[i]} at ${i}, expected 0 to ${classes - 1}.\n` +
          'Take labels and predictions of the same task; test sets have no labels.',
      );
    row[column] = (row[column] ?? 0) + 1;
  }
  return counts;
}

/** Share of examples on the diagonal; NaN without examples. */
export function accuracy(matrix: ConfusionMatrix): number {
  return diagonal(matrix) / total(matrix);
}

/** Harmonic mean of precision and recall of class 1; 0 without a true positive. */
export function f1(matrix: ConfusionMatrix): number {
  const hits = matrix[1]?.[1] ?? 0;
  if (hits === 0) return 0;
  return (2 * hits) / (rowSum(matrix, 1) + columnSum(matrix, 1));
}

/**
 * Matthews' correlation coefficient, for two classes or more (Gorodkin's R_K).
 *
 * @returns from -1 to 1; 0 where all labels or all predictions are of one class, even if they agree
 */
export function matthews(matrix: ConfusionMatrix): number {
  const n = total(matrix);
  let chance = 0;
  let labelSquares = 0;
  let predictionSquares = 0;
  for (let k = 0; k < matrix.length; k++) {
    const labelled = rowSum(matrix, k);
    const predicted = columnSum(matrix, k);
    chance += labelled * predicted;
    labelSquares += labelled * labelled;
    predictionSquares += predicted * predicted;
  }
  const spread = (n * n - labelSquares) * (n * n - predictionSquares);
  return spread === 0 ? 0 : (diagonal(matrix) * n - chance) / Math.sqrt(spread);
}

function total(matrix: ConfusionMatrix): number {
  return matrix.reduce((sum, _, k) => sum + rowSum(matrix, k), 0);
}

function diagonal(matrix: ConfusionMatrix): number {
  return matrix.reduce((sum, row, k) => sum + (row[k] ?? 0), 0);
}

function rowSum(matrix: ConfusionMatrix, k: number): number {
  return (matrix[k] ?? []).reduce((sum, count) => sum + count, 0);
}

function columnSum(matrix: ConfusionMatrix, k: number): number {
  return matrix.reduce((sum, row) => sum + (row[k] ?? 0), 0);
}
